//! A certification authority for tests. Its certificates have the profile of the public test certificates of
//! JPKI: names, key usage, policies and the holder's data as other names.

use super::{PublicKey, Slot};
use der::asn1::{Any, Ia5String, ObjectIdentifier, OctetString, Utf8StringRef};
use der::flagset::FlagSet;
use der::oid::AssociatedOid;
use der::{Decode, Encode};
use rsa::pkcs1v15::SigningKey;
use rsa::pkcs8::EncodePublicKey;
use rsa::signature::Keypair;
use rsa::{BoxedUint, RsaPrivateKey, RsaPublicKey};
use se_crypto::Drbg;
use sha2::Sha256;
use spki::{SubjectPublicKeyInfoOwned, SubjectPublicKeyInfoRef};
use std::str::FromStr;
use std::time::Duration;
use x509_cert::builder::profile::BuilderProfile;
use x509_cert::builder::{self, Builder, CertificateBuilder};
use x509_cert::certificate::TbsCertificate;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::certpolicy::{PolicyInformation, PolicyQualifierInfo};
use x509_cert::ext::pkix::crl::dp::DistributionPoint;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName, OtherName};
use x509_cert::ext::pkix::{
    AccessDescription, AuthorityInfoAccessSyntax, AuthorityKeyIdentifier, BasicConstraints,
    CertificatePolicies, CrlDistributionPoints, ExtendedKeyUsage, IssuerAltName, KeyUsage,
    KeyUsages, SubjectAltName, SubjectKeyIdentifier,
};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::time::Validity;

/// Five years, as long as the certificates of an Individual Number Card are valid at most.
const LEAF_VALIDITY: Duration = Duration::from_secs(5 * 365 * 24 * 3600);
const ROOT_VALIDITY: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// The arc of JPKI's other names: `.1` name, `.2` its substitute characters, `.3` sex, `.4` date of birth,
/// `.5` address, `.6` its substitute characters.
const OTHER_NAME: &str = "1.2.392.200149.8.5.5";
/// The certificate policies of JPKI's test certificates.
const SIGNATURE_POLICY: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.392.200149.8.5.1.0.20");
const AUTHENTICATION_POLICY: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.392.200149.8.5.1.0.30");
/// id-qt-cps (RFC 5280 §4.2.1.4).
const CPS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.2.1");
/// Where the practice statement of JPKI is.
const CPS_URI: &str = "http://www.jpki.go.jp/cps.html";
/// id-kp-clientAuth (RFC 5280 §4.2.1.12).
const CLIENT_AUTHENTICATION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.2");
/// id-ad-ocsp (RFC 5280 §4.2.2.1).
const OCSP: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1");
/// The responder that JPKI's test certificates name.
const OCSP_URI: &str = "http://test-ocspauthnorm.jpki.go.jp";
/// The authority's name in Japanese, an alternative name in each of its certificates.
const SERVICE: &str = "O=公的個人認証サービス,C=JP";

/// Why no certificate could be issued.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// Keys that cannot be made or used.
    #[error("the test authority's key: {0}")]
    Key(#[from] rsa::Error),
    /// A certificate that cannot be built.
    #[error("the certificate cannot be built: {0}")]
    Build(#[from] builder::Error),
    /// Something that cannot be encoded.
    #[error("the certificate cannot be encoded: {0}")]
    Encoding(#[from] der::Error),
    /// A public key that cannot be encoded.
    #[error("the public key cannot be encoded: {0}")]
    PublicKey(#[from] spki::Error),
}

/// Whom a certificate is for.
#[derive(Clone, Debug)]
pub struct Person {
    /// Family name and given name, with an ideographic space between them.
    pub name: String,
    /// The address.
    pub address: String,
    /// The era (3 Shōwa, 4 Heisei, 5 Reiwa) and the date of birth as YYYYMMDD.
    pub birth: String,
    /// `1` male, `2` female, `9` other.
    pub sex: String,
    /// Prefecture and municipality, as in the subject's name.
    pub localities: [String; 2],
}

impl Person {
    /// Somebody who does not exist.
    #[must_use]
    pub fn example() -> Self {
        Self {
            name: "篆刻　花子".to_owned(),
            address: "東京都千代田区霞が関一丁目１番１号".to_owned(),
            birth: "419900401".to_owned(),
            sex: "2".to_owned(),
            localities: ["Tokyo-to".to_owned(), "Chiyoda-ku".to_owned()],
        }
    }
}

/// A test certification authority for one of the slots.
pub struct Authority {
    slot: Slot,
    key: SigningKey<Sha256>,
    name: Name,
    serial: SerialNumber,
    certificate: Vec<u8>,
}

impl Authority {
    /// Makes a key and signs its own certificate with it.
    ///
    /// # Errors
    /// [`AuthorityError`].
    pub fn new(slot: Slot, random: &mut Drbg) -> Result<Self, AuthorityError> {
        let key = SigningKey::<Sha256>::new(RsaPrivateKey::new(random, 2048)?);
        let unit = match slot {
            Slot::Signature => "JPKI for digital signature",
            Slot::Authentication => "JPKI for user authentication",
        };
        // RFC 4514: the last name comes first.
        let name = Name::from_str(&format!(
            "OU=Japan Agency for Local Authority Information Systems,OU={unit},O=JPKI-TEST,C=JP"
        ))?;
        let public_key = SubjectPublicKeyInfoOwned::from_key(&key.verifying_key())?;
        let serial = SerialNumber::generate(random);
        let profile = Profile {
            issuer: name.clone(),
            issuer_serial: serial.clone(),
            subject: name.clone(),
            extensions: Extensions::Authority,
        };
        let certificate = issue(&key, profile, public_key, ROOT_VALIDITY, serial.clone())?;
        Ok(Self {
            slot,
            key,
            name,
            serial,
            certificate,
        })
    }

    /// Its own certificate (DER).
    #[must_use]
    pub fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// Issues a certificate (DER) for a key of the holder.
    ///
    /// # Errors
    /// [`AuthorityError`].
    pub fn issue(
        &self,
        key: &PublicKey,
        person: &Person,
        random: &mut Drbg,
    ) -> Result<Vec<u8>, AuthorityError> {
        let key = RsaPublicKey::new(
            BoxedUint::from_be_slice_vartime(&key.modulus),
            BoxedUint::from_be_slice_vartime(&key.exponent),
        )?;
        let public_key = SubjectPublicKeyInfoOwned::from_der(key.to_public_key_der()?.as_bytes())?;
        let mut unique = [0; 7];
        random.fill(&mut unique);
        let unique = hex::encode_upper(unique);
        let subject = match self.slot {
            Slot::Signature => {
                let [prefecture, municipality] = &person.localities;
                format!("CN=20261122{unique}003A,L={municipality},L={prefecture},C=JP")
            }
            // Nothing of the holder is in the name of this one.
            Slot::Authentication => format!("CN={unique}003A,C=JP"),
        };
        let extensions = match self.slot {
            Slot::Signature => {
                let [prefecture, municipality] = &person.localities;
                Extensions::Signature {
                    names: other_names(person)?,
                    list: self
                        .revocation_list(&format!("CN={municipality} CRLDP,OU={prefecture}"))?,
                }
            }
            Slot::Authentication => Extensions::Authentication {
                list: self.revocation_list("CN=User Authentication CRLDP")?,
            },
        };
        let profile = Profile {
            issuer: self.name.clone(),
            issuer_serial: self.serial.clone(),
            subject: Name::from_str(&subject)?,
            extensions,
        };
        let serial = SerialNumber::generate(random);
        issue(&self.key, profile, public_key, LEAF_VALIDITY, serial)
    }

    /// The name in the directory under which the revocation list of a group of certificates stands.
    fn revocation_list(&self, group: &str) -> Result<Name, AuthorityError> {
        let name = format!("{group},OU=CRL Distribution Points,{}", self.name);
        Ok(Name::from_str(&name)?)
    }
}

fn issue(
    key: &SigningKey<Sha256>,
    profile: Profile,
    public_key: SubjectPublicKeyInfoOwned,
    validity: Duration,
    serial: SerialNumber,
) -> Result<Vec<u8>, AuthorityError> {
    let validity = Validity::from_now(validity)?;
    let builder = CertificateBuilder::new(profile, serial, validity, public_key)?;
    Ok(builder
        .build::<_, rsa::pkcs1v15::Signature>(key)?
        .to_der()?)
}

/// The holder's data, in the order of the public test certificates.
fn other_names(person: &Person) -> Result<Vec<GeneralName>, AuthorityError> {
    // No character of the name or the address is a substitute for another.
    let none = |text: &str| "0".repeat(text.chars().count());
    let values = [
        (1, person.name.clone()),
        (4, person.birth.clone()),
        (3, person.sex.clone()),
        (5, person.address.clone()),
        (2, none(&person.name)),
        (6, none(&person.address)),
    ];
    let names = values.into_iter().map(|(arc, value)| {
        let type_id =
            ObjectIdentifier::new(&format!("{OTHER_NAME}.{arc}")).map_err(der::Error::from)?;
        let value = Any::encode_from(&Utf8StringRef::new(&value)?)?;
        Ok(GeneralName::OtherName(OtherName { type_id, value }))
    });
    names.collect::<Result<_, der::Error>>().map_err(Into::into)
}

/// What a certificate has besides names, key and validity.
enum Extensions {
    Authority,
    Signature { names: Vec<GeneralName>, list: Name },
    Authentication { list: Name },
}

struct Profile {
    issuer: Name,
    issuer_serial: SerialNumber,
    subject: Name,
    extensions: Extensions,
}

impl BuilderProfile for Profile {
    fn get_issuer(&self, _subject: &Name) -> Name {
        self.issuer.clone()
    }

    fn get_subject(&self) -> Name {
        self.subject.clone()
    }

    fn build_extensions(
        &self,
        key: SubjectPublicKeyInfoRef<'_>,
        issuer_key: SubjectPublicKeyInfoRef<'_>,
        _tbs: &TbsCertificate,
    ) -> builder::Result<Vec<Extension>> {
        let mut list = List::default();
        let service = || builder::Result::Ok(vec![GeneralName::DirectoryName(SERVICE.parse()?)]);
        match &self.extensions {
            Extensions::Authority => {
                list.add(true, &KeyUsage(KeyUsages::KeyCertSign | KeyUsages::CRLSign))?;
                list.add(
                    true,
                    &BasicConstraints {
                        ca: true,
                        path_len_constraint: None,
                    },
                )?;
                list.add(false, &SubjectAltName(service()?))?;
            }
            Extensions::Signature { names, list: crl } => {
                list.add(
                    true,
                    &KeyUsage(KeyUsages::DigitalSignature | KeyUsages::NonRepudiation),
                )?;
                list.policy(SIGNATURE_POLICY)?;
                list.add(false, &SubjectAltName(names.clone()))?;
                list.add(false, &IssuerAltName(service()?))?;
                list.revocation_list(crl)?;
            }
            Extensions::Authentication { list: crl } => {
                list.add(true, &KeyUsage(FlagSet::from(KeyUsages::DigitalSignature)))?;
                list.add(false, &ExtendedKeyUsage(vec![CLIENT_AUTHENTICATION]))?;
                list.policy(AUTHENTICATION_POLICY)?;
                list.add(false, &IssuerAltName(service()?))?;
                list.revocation_list(crl)?;
                let responder = AccessDescription {
                    access_method: OCSP,
                    access_location: GeneralName::UniformResourceIdentifier(Ia5String::new(
                        OCSP_URI,
                    )?),
                };
                list.add(false, &AuthorityInfoAccessSyntax(vec![responder]))?;
            }
        }
        let issuer = SubjectKeyIdentifier::try_from(issuer_key)?;
        list.add(
            false,
            &AuthorityKeyIdentifier {
                key_identifier: Some(issuer.0),
                authority_cert_issuer: Some(vec![GeneralName::DirectoryName(self.issuer.clone())]),
                authority_cert_serial_number: Some(self.issuer_serial.clone()),
            },
        )?;
        list.add(false, &SubjectKeyIdentifier::try_from(key)?)?;
        Ok(list.0)
    }
}

/// Extensions in the order in which they are added.
#[derive(Default)]
struct List(Vec<Extension>);

impl List {
    fn add<E: Encode + AssociatedOid>(
        &mut self,
        critical: bool,
        extension: &E,
    ) -> builder::Result<()> {
        self.0.push(Extension {
            extn_id: E::OID,
            critical,
            extn_value: OctetString::new(extension.to_der()?)?,
        });
        Ok(())
    }

    fn revocation_list(&mut self, name: &Name) -> builder::Result<()> {
        let name = DistributionPointName::FullName(vec![GeneralName::DirectoryName(name.clone())]);
        let point = DistributionPoint {
            distribution_point: Some(name),
            reasons: None,
            crl_issuer: None,
        };
        self.add(false, &CrlDistributionPoints(vec![point]))
    }

    /// JPKI's policies are critical.
    fn policy(&mut self, policy: ObjectIdentifier) -> builder::Result<()> {
        let policies = CertificatePolicies(vec![PolicyInformation {
            policy_identifier: policy,
            policy_qualifiers: Some(vec![PolicyQualifierInfo {
                policy_qualifier_id: CPS,
                qualifier: Some(Any::encode_from(&Ia5String::new(CPS_URI)?)?),
            }]),
        }]);
        self.add(true, &policies)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{CheckError, check_certificate};
    use super::*;
    use se_crypto::RsaKey;

    fn key(seed: u64) -> PublicKey {
        let key = RsaKey::generate(&mut Drbg::from_seed(seed), 2048)
            .unwrap()
            .public_key()
            .unwrap();
        PublicKey {
            modulus: key.modulus(),
            exponent: key.exponent(),
        }
    }

    #[test]
    fn certificates_are_in_order_and_for_one_key() {
        let mut random = Drbg::from_seed(7);
        for slot in Slot::ALL {
            let authority = Authority::new(slot, &mut random).unwrap();
            let certificate = authority
                .issue(&key(1), &Person::example(), &mut random)
                .unwrap();
            assert!(certificate.len() < 2048, "{}", certificate.len());
            let root = authority.certificate();
            check_certificate(&certificate, root, &key(1)).unwrap();
            let other = check_certificate(&certificate, root, &key(2));
            assert!(matches!(other, Err(CheckError::Key)));
            let stranger = Authority::new(slot, &mut random).unwrap();
            let other = check_certificate(&certificate, stranger.certificate(), &key(1));
            assert!(matches!(
                other,
                Err(CheckError::Signature("the certificate"))
            ));
        }
    }

    #[test]
    fn the_profile_is_that_of_jpki() {
        let mut random = Drbg::from_seed(8);
        let authority = Authority::new(Slot::Signature, &mut random).unwrap();
        let certificate = authority
            .issue(&key(1), &Person::example(), &mut random)
            .unwrap();
        let certificate = x509_cert::Certificate::from_der(&certificate).unwrap();
        let tbs = certificate.tbs_certificate();
        let critical = |id| {
            let extensions = tbs.extensions().unwrap();
            extensions
                .iter()
                .find(|extension| extension.extn_id == id)
                .unwrap()
                .critical
        };
        assert!(critical(KeyUsage::OID) && critical(CertificatePolicies::OID));
        let (_, usage) = tbs.get_extension::<KeyUsage>().unwrap().unwrap();
        assert!(usage.digital_signature() && usage.non_repudiation());
        let (_, names) = tbs.get_extension::<SubjectAltName>().unwrap().unwrap();
        let GeneralName::OtherName(first) = &names.0[0] else {
            panic!("{names:?}")
        };
        assert_eq!(first.type_id.to_string(), "1.2.392.200149.8.5.5.1");
        let text: Utf8StringRef<'_> = first.value.decode_as().unwrap();
        assert_eq!(text.as_str(), Person::example().name);
        let (_, names) = tbs.get_extension::<IssuerAltName>().unwrap().unwrap();
        assert!(matches!(&names.0[..], [GeneralName::DirectoryName(_)]));
        let (_, points) = tbs
            .get_extension::<CrlDistributionPoints>()
            .unwrap()
            .unwrap();
        let Some(DistributionPointName::FullName(list)) = &points.0[0].distribution_point else {
            panic!("{points:?}")
        };
        let GeneralName::DirectoryName(list) = &list[0] else {
            panic!("{list:?}")
        };
        assert!(
            list.to_string()
                .starts_with("CN=Chiyoda-ku CRLDP,OU=Tokyo-to,OU=CRL Distribution Points,")
        );
        let (_, authority_key) = tbs
            .get_extension::<AuthorityKeyIdentifier>()
            .unwrap()
            .unwrap();
        assert_eq!(
            authority_key.authority_cert_serial_number,
            Some(authority.serial.clone())
        );
        assert!(
            tbs.subject()
                .to_string()
                .ends_with("L=Chiyoda-ku,L=Tokyo-to,C=JP")
        );
    }
}
