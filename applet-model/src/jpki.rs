//! The JPKI application: two slots, each a key pair, a PIN and a certificate.
//!
//! ```text
//! slot:  Empty --generate--> Keyed --certify--> Active <--suspend/resume--> Suspended
//!                                                 | revoke                      | revoke
//!                                                 +-----------> Revoked <-------+
//!        every state --erase--> Empty
//! PIN :  Unset --set--> Ready(n tries) --wrong x n--> Blocked --TSM unblocks--> Ready(max)
//! ```
//!
//! Class 00 (and 80 for signing) is the reading side, as on the Individual Number Card. Class 84 is
//! the management side, for the trusted service manager (TSM), behind a secure channel with C-MAC
//! and C-DECRYPTION. The two sides select files apart: what an unprotected SELECT selects can
//! never redirect a protected command.
//!
//! Every command, its access rule and its status words are tabulated in [`apdu_spec::jpki`].

mod certificate;
mod management;
mod reading;
mod slot;

use crate::jpki::slot::Slot;
use apdu_spec::jpki as spec;
use apdu_spec::jpki::{TOKEN_INFORMATION_LENGTH, file, ins};
use platform::{Apdu, Applet, Bytes, Cell, Package, Platform, Result, SecureChannel, StatusWord};

/// Build option: whether the signature PIN must be verified again for every signature with the
/// signature key. Off, it may sign until the application is deselected or the card reset.
pub const USER_CONSENT: bool = false;

/// The class of the commands of ISO 7816-4.
const CLA_ISO: u8 = 0x00;
/// The class of COMPUTE DIGITAL SIGNATURE and INITIALIZE UPDATE.
const CLA_PROPRIETARY: u8 = 0x80;
/// The class of protected commands (GPCS 2.3.1 §11.1.4).
const CLA_SECURE: u8 = 0x84;

/// The JPKI application.
pub struct Jpki<P: Platform> {
    signature: Slot<P>,
    authentication: Slot<P>,
    token_information: P::Bytes<TOKEN_INFORMATION_LENGTH>,
    /// Whether everyone may read the user authentication certificate.
    open_certificate: bool,
    /// The file selected by the reading side, 0 for none.
    current_file: P::TransientCell<u16>,
    /// The file selected by the management side, 0 for none.
    managed_file: P::TransientCell<u16>,
    signer: P::RsaSigner,
    random: P::Random,
}

impl<P: Platform> Applet<P> for Jpki<P> {
    const PACKAGE: Package = Package {
        aid: spec::PACKAGE_AID,
        major: 1,
        minor: 0,
    };
    const AID: &'static [u8] = spec::AID;

    fn install(platform: &mut P, parameters: &[u8]) -> Result<Self> {
        let mut profile = spec::PROFILE_PHONE;
        if parameters.len() > 1 {
            return Err(StatusWord::WRONG_DATA);
        }
        if !parameters.is_empty() {
            profile = parameters[0];
        }
        if profile != spec::PROFILE_PHONE && profile != spec::PROFILE_CARD {
            return Err(StatusWord::WRONG_DATA);
        }
        let mut token_information = platform.bytes::<TOKEN_INFORMATION_LENGTH>();
        if profile == spec::PROFILE_CARD {
            token_information.write(0, spec::TOKEN_LABEL_CARD);
        } else {
            token_information.write(0, spec::TOKEN_LABEL_PHONE);
        }
        token_information.write(spec::TOKEN_LABEL_LENGTH, spec::TOKEN_INFORMATION_REST);
        Ok(Jpki {
            signature: Slot::for_signature(platform),
            authentication: Slot::for_authentication(platform),
            token_information,
            open_certificate: profile == spec::PROFILE_CARD,
            current_file: platform.transient_cell(),
            managed_file: platform.transient_cell(),
            signer: platform.rsa_signer(),
            random: platform.random(),
        })
    }

    fn process(&mut self, platform: &mut P, apdu: &mut P::Apdu) -> Result {
        match apdu.cla() {
            CLA_ISO => match apdu.ins() {
                ins::SELECT => self.select(apdu),
                ins::READ_BINARY => self.read_binary(apdu),
                ins::VERIFY => self.verify(apdu),
                ins::CHANGE_REFERENCE_DATA => self.change_reference_data(apdu),
                ins::GET_CHALLENGE => self.get_challenge(apdu),
                _ => Err(StatusWord::INSTRUCTION_NOT_SUPPORTED),
            },
            CLA_PROPRIETARY => match apdu.ins() {
                ins::COMPUTE_DIGITAL_SIGNATURE => self.compute_digital_signature(apdu),
                ins::INITIALIZE_UPDATE => self.open_channel(platform, apdu),
                _ => Err(StatusWord::INSTRUCTION_NOT_SUPPORTED),
            },
            CLA_SECURE => match apdu.ins() {
                ins::EXTERNAL_AUTHENTICATE => self.open_channel(platform, apdu),
                _ => self.manage(platform, apdu),
            },
            _ => Err(StatusWord::CLASS_NOT_SUPPORTED),
        }
    }

    fn deselect(&mut self, _platform: &mut P) {
        self.signature.forget_verification();
        self.authentication.forget_verification();
    }
}

impl<P: Platform> Jpki<P> {
    /// INITIALIZE UPDATE and EXTERNAL AUTHENTICATE.
    fn open_channel(&mut self, platform: &mut P, apdu: &mut P::Apdu) -> Result {
        self.managed_file.set(0);
        let mut channel = platform.secure_channel();
        channel.process_security(apdu)
    }

    /// The slot whose key is the file `id`.
    fn slot_of_key(&mut self, id: u16) -> Result<&mut Slot<P>> {
        match id {
            file::SIGNATURE_KEY => Ok(&mut self.signature),
            file::AUTHENTICATION_KEY => Ok(&mut self.authentication),
            _ => Err(wrong_file(id)),
        }
    }

    /// The slot whose PIN is the file `id`.
    fn slot_of_pin(&mut self, id: u16) -> Result<&mut Slot<P>> {
        match id {
            file::SIGNATURE_PIN => Ok(&mut self.signature),
            file::AUTHENTICATION_PIN => Ok(&mut self.authentication),
            _ => Err(wrong_file(id)),
        }
    }
}

/// What a file holds.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Kind {
    /// The application has no such file.
    Missing,
    /// Data that READ BINARY may give out.
    Data,
    /// A private key.
    Key,
    /// A PIN.
    Pin,
}

/// What the file `id` holds.
fn kind(id: u16) -> Kind {
    match id {
        file::SIGNATURE_CERTIFICATE
        | file::SIGNATURE_CA_CERTIFICATE
        | file::TOKEN_INFORMATION
        | file::CERTIFICATES
        | file::AUTHENTICATION_CERTIFICATE
        | file::AUTHENTICATION_CA_CERTIFICATE => Kind::Data,
        file::SIGNATURE_KEY | file::AUTHENTICATION_KEY => Kind::Key,
        file::SIGNATURE_PIN | file::AUTHENTICATION_PIN => Kind::Pin,
        _ => Kind::Missing,
    }
}

/// Why a command cannot use the file `id`: none is selected (0), the application has no such file,
/// or it is of another kind.
fn wrong_file(id: u16) -> StatusWord {
    if id == 0 {
        StatusWord::NO_CURRENT_FILE
    } else if kind(id) == Kind::Missing {
        StatusWord::FILE_NOT_FOUND
    } else {
        StatusWord::COMMAND_INCOMPATIBLE_WITH_FILE
    }
}

/// The file that P2 names with its high bit set and a short file identifier in the low five.
fn short_file(p2: u8) -> Result<u16> {
    if p2 & 0xE0 != 0x80 {
        return Err(StatusWord::INCORRECT_P1_P2);
    }
    Ok((p2 & 0x1F) as u16)
}
