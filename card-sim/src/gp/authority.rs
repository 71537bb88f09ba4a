//! Who may do what (GPCS 2.3.1 §6.6, §9.1.3): the hierarchy of security domains, their privileges, and for delegated
//! management tokens and receipts (§9.2, appendix C).

use scp::Command;

use super::signature::{mac, verifies};
use super::stop::{CONDITIONS, SECURITY, Stop, WRONG_DATA};
use super::{CardManager, write};
use crate::registry::{ApplicationId, LoadFileId, Privileges, Registry};
use crate::runtime::Runtime;

/// The key version numbers that the UICC configuration of GlobalPlatform reserves: tokens, receipts, DAP. A receipt
/// key may also be the second key beside the token key.
pub(super) const TOKEN_KEYS: u8 = 0x70;
const RECEIPT_KEYS: [(u8, u8); 2] = [(0x71, 0x01), (TOKEN_KEYS, 0x02)];
pub(super) const DAP_KEYS: u8 = 0x73;

/// A response without a receipt.
pub(super) const NO_RECEIPT: &[u8] = &[0x00];

/// On what ground a security domain manages content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Authority {
    /// It is the issuer's, or has authorized management.
    Own,
    /// The issuer has delegated it, operation by operation.
    Delegated,
}

/// Whether a security domain has a privilege.
pub(super) fn has(runtime: &Runtime, domain: ApplicationId, privilege: u8) -> bool {
    runtime
        .registry
        .application(domain)
        .is_some_and(|found| found.privileges.has(privilege))
}

/// Whether `domain` is `application` or above it.
pub(super) fn is_above(
    registry: &Registry,
    domain: ApplicationId,
    application: ApplicationId,
) -> bool {
    let mut now = application;
    // The hierarchy has no circle; a bound that does not trust that.
    for _ in 0..Registry::MAX_APPLICATIONS {
        if now == domain {
            return true;
        }
        match registry.application(now) {
            Some(found) if found.security_domain != now => now = found.security_domain,
            _ => return false,
        }
    }
    false
}

/// Whether a load file is a domain's, directly or through the domains below it.
pub(super) fn is_above_load_file(
    registry: &Registry,
    domain: ApplicationId,
    id: LoadFileId,
) -> bool {
    registry
        .load_file(id)
        .is_some_and(|file| is_above(registry, domain, file.security_domain))
}

/// On what ground this domain manages content, if any.
pub(super) fn authority(runtime: &Runtime, domain: ApplicationId) -> Result<Authority, Stop> {
    if domain == ApplicationId::ISSUER_SECURITY_DOMAIN
        || has(runtime, domain, Privileges::AUTHORIZED_MANAGEMENT)
    {
        Ok(Authority::Own)
    } else if has(runtime, domain, Privileges::DELEGATED_MANAGEMENT) {
        Ok(Authority::Delegated)
    } else {
        Err(CONDITIONS)
    }
}

impl CardManager {
    /// Checks that a domain may carry out a command: by its own authority, or with a token over P1, P2, and `signed`
    /// with its length before it (GPCS 2.3.1 §C.4). A token that nobody asked for is checked too.
    pub(super) fn authorize(
        &self,
        runtime: &Runtime,
        domain: ApplicationId,
        command: &Command,
        signed: &[u8],
        token: &[u8],
    ) -> Result<Authority, Stop> {
        let data = token_data(command, signed)?;
        self.authorize_data(runtime, domain, &data, token)
    }

    /// The same for what a token is over as a whole.
    pub(super) fn authorize_data(
        &self,
        runtime: &Runtime,
        domain: ApplicationId,
        data: &[u8],
        token: &[u8],
    ) -> Result<Authority, Stop> {
        let authority = authority(runtime, domain)?;
        if token.is_empty() {
            return match authority {
                Authority::Own => Ok(authority),
                Authority::Delegated => Err(CONDITIONS),
            };
        }
        let mut keys = self
            .domains
            .keys(ApplicationId::ISSUER_SECURITY_DOMAIN)
            .iter()
            .filter(|key| key.version == TOKEN_KEYS && key.id == 1)
            .peekable();
        if keys.peek().is_none() {
            return Err(CONDITIONS);
        }
        if keys.any(|key| verifies(key, data, token)) {
            Ok(authority)
        } else {
            Err(SECURITY)
        }
    }

    /// The receipt of an operation on these AIDs (GPCS 2.3.1 §11.1.6, §C.5): for delegated management, where the
    /// issuer has a receipt key.
    pub(super) fn receipt(
        &mut self,
        runtime: &mut Runtime,
        authority: Authority,
        names: &[&[u8]],
    ) -> Result<Vec<u8>, Stop> {
        let issuer = ApplicationId::ISSUER_SECURITY_DOMAIN;
        let key = RECEIPT_KEYS
            .into_iter()
            .find_map(|(version, id)| {
                let keys = self.domains.keys(issuer).iter();
                keys.into_iter()
                    .find(|key| (key.version, key.id) == (version, id))
            })
            .filter(|_| authority == Authority::Delegated)
            .cloned();
        let Some(key) = key else {
            return Ok(NO_RECEIPT.to_vec());
        };
        // The counter never starts again: at its end there are no receipts any more (§C.5).
        let Some(counter) = self.data.confirmations.checked_add(1) else {
            return Ok(NO_RECEIPT.to_vec());
        };
        write(runtime)?;
        self.data.confirmations = counter;
        let mut confirmation = Vec::new();
        field(&mut confirmation, &self.data.confirmations.to_be_bytes());
        field(&mut confirmation, &self.data.unique(issuer));
        let mut signed = confirmation.clone();
        for name in names {
            field(&mut signed, name);
        }
        let Some(receipt) = mac(&key, &signed) else {
            return Ok(NO_RECEIPT.to_vec());
        };
        let mut content = Vec::new();
        field(&mut content, &receipt);
        content.extend(confirmation);
        let mut response = Vec::new();
        field(&mut response, &content);
        Ok(response)
    }
}

/// What a token for one command is over: P1, P2, and the data without the token behind their length.
pub(super) fn token_data(command: &Command, signed: &[u8]) -> Result<Vec<u8>, Stop> {
    let mut data = vec![command.p1, command.p2];
    data.extend(coded_length(signed.len())?);
    data.extend_from_slice(signed);
    Ok(data)
}

/// A length as in Lc: one byte, or three.
fn coded_length(length: usize) -> Result<Vec<u8>, Stop> {
    if let Ok(short) = u8::try_from(length) {
        return Ok(vec![short]);
    }
    let long = u16::try_from(length).map_err(|_| WRONG_DATA)?;
    let [high, low] = long.to_be_bytes();
    Ok(vec![0, high, low])
}

fn field(out: &mut Vec<u8>, value: &[u8]) {
    // What goes into a receipt is far below 256 bytes.
    out.push(u8::try_from(value.len()).unwrap_or(u8::MAX));
    out.extend_from_slice(value);
}
