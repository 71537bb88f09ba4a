//! Keys for SCP11 on a card.

use std::path::PathBuf;

use clap::Args;
use loader::{
    AgreementVariant, AuthorityOf, KeyReference, PublicKey, read_certificates, read_private_key,
    read_public_key,
};
use serde::Serialize;

use crate::connection::Connection;
use crate::failure::Failure;
use crate::{aid, confirm, files, output};

/// The arguments of `tenkoku keys put-card-key`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    openssl ecparam -name prime256v1 -genkey -noout -out card.pem\n  \
    tenkoku keys put-card-key --scp-key 11/03 --private-key card.pem --certificates card.crt --keys issuer.toml\n  \
    tenkoku list --scp 11a --card-ca cards-ca.crt --host-key host.pem --host-certificates host.crt\n\n\
    Identifier 11 is for SCP11a, 13 for SCP11b, 15 for SCP11c.")]
pub struct PutCardKey {
    /// Which key it becomes: identifier 11, 13 or 15, and version.
    #[arg(long, value_name = "KID/KVN")]
    pub scp_key: KeyReference,
    /// The private key: PKCS #8 or RFC 5915, PEM or DER.
    #[arg(long, value_name = "FILE")]
    pub private_key: PathBuf,
    /// Its certificates, its own last; hosts fetch them from the card.
    #[arg(long, value_name = "FILE")]
    pub certificates: Option<PathBuf>,
    /// The version of the key that it replaces, in hexadecimal; without it it is added.
    #[arg(long, value_name = "KVN", value_parser = super::version)]
    pub replace: Option<u8>,
    /// The card that is meant, so that it is not asked for.
    #[arg(long, value_name = "IDENTITY")]
    pub card: Option<String>,
    /// The card, and its keys.
    #[command(flatten)]
    pub connection: Connection,
    /// Report in JSON.
    #[arg(long)]
    pub json: bool,
}

/// The arguments of `tenkoku keys put-authority`.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    tenkoku keys put-authority --key 10/03 --certificate hosts-ca.crt --keys issuer.toml\n  \
    tenkoku keys put-authority --key 10/03 --certificate hosts-ca.crt --allow 6DBC19AF --list-number 2")]
pub struct PutAuthority {
    /// Which key it becomes: identifier 10, or 20 to 2F, and version.
    #[arg(long, value_name = "KID/KVN")]
    pub key: KeyReference,
    /// The authority's certificate, or its public key: PEM or DER.
    #[arg(long, value_name = "FILE")]
    pub certificate: PathBuf,
    /// The identifier that hosts' certificates name it by, in hexadecimal; that of its certificate without it.
    #[arg(long, value_name = "HEX", value_parser = aid::bytes)]
    pub identifier: Option<std::vec::Vec<u8>>,
    /// The serial number of a certificate that may be used, in hexadecimal; all may without it.
    #[arg(long, value_name = "HEX", value_parser = aid::bytes)]
    pub allow: Vec<std::vec::Vec<u8>>,
    /// The number of the list of serial numbers, so that an older list does not come back.
    #[arg(long, value_name = "N", requires = "allow")]
    pub list_number: Option<u16>,
    /// The version of the key that it replaces, in hexadecimal; without it it is added.
    #[arg(long, value_name = "KVN", value_parser = super::version)]
    pub replace: Option<u8>,
    /// The card that is meant, so that it is not asked for.
    #[arg(long, value_name = "IDENTITY")]
    pub card: Option<String>,
    /// The card, and its keys.
    #[command(flatten)]
    pub connection: Connection,
    /// Report in JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Serialize)]
struct Report {
    key: String,
    curve: String,
    certificates: usize,
    allowed: usize,
}

impl Report {
    fn print(&self, json: bool, what: &str) -> Result<(), Failure> {
        if json {
            return output::print_json("tenkoku.keys-agreement/1", self);
        }
        output::print(&format!(
            "the card has {what} {} on {}\n",
            self.key, self.curve
        ))
    }
}

impl PutCardKey {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let invalid = |error| Failure::input(self.private_key.display(), error);
        if AgreementVariant::of_key(self.scp_key.identifier).is_none() {
            return Err(Failure::Usage(format!(
                "{} is no key of a card for SCP11: identifier 11 (SCP11a), 13 (SCP11b) or 15 (SCP11c)",
                self.scp_key
            )));
        }
        let key = read_private_key(&files::read(&self.private_key)?).map_err(invalid)?;
        let chain = match &self.certificates {
            None => Vec::new(),
            Some(file) => read_certificates(&files::read(file)?)
                .map_err(|error| Failure::input(file.display(), error))?,
        };
        if chain.last().is_some_and(|leaf| leaf.key() != key.public()) {
            return Err(invalid(
                "it does not belong to the last of the certificates".to_owned(),
            ));
        }
        let mut card = self.connection.authenticate()?;
        let what = format!("putting the card's key {}", self.scp_key);
        confirm::identity(&what, &card.info, self.card.as_deref())?;
        card.session
            .put_private_key(self.replace, self.scp_key, &key)?;
        if let Some(first) = chain.first() {
            card.session.store_certificates(self.scp_key, &chain)?;
            if !first.authority().is_empty() {
                let identifier = first.authority();
                card.session
                    .store_authority(self.scp_key, AuthorityOf::Cards, identifier)?;
            }
        }
        Report {
            key: self.scp_key.to_string(),
            curve: key.curve().to_string(),
            certificates: chain.len(),
            allowed: 0,
        }
        .print(self.json, "its key")
    }
}

impl PutAuthority {
    pub(super) fn run(&self) -> Result<(), Failure> {
        let invalid = |error| Failure::input(self.certificate.display(), error);
        if !self.key.is_authority() {
            return Err(Failure::Usage(format!(
                "{} is no key of an authority: identifier 10, or 20 to 2F",
                self.key
            )));
        }
        let bytes = files::read(&self.certificate)?;
        let key = read_public_key(&bytes).map_err(invalid)?;
        let told = read_certificates(&bytes).ok();
        let own = told.and_then(|chain| chain.first().map(|own| own.subject().to_vec()));
        let identifier = self.identifier.clone().or(own).unwrap_or_default();
        let mut card = self.connection.authenticate()?;
        let what = format!("putting the key {} of an authority for hosts", self.key);
        confirm::identity(&what, &card.info, self.card.as_deref())?;
        let public = PublicKey::ec(key.curve().identifier(), key.point())
            .ok_or_else(|| invalid("cards do not know its curve".to_owned()))?;
        let KeyReference {
            identifier: id,
            version,
        } = self.key;
        card.session
            .put_public_key(self.replace, version, id, &public)?;
        if !identifier.is_empty() {
            card.session
                .store_authority(self.key, AuthorityOf::Hosts, &identifier)?;
        }
        if !self.allow.is_empty() {
            card.session
                .store_allowed(self.key, self.list_number, &self.allow)?;
        }
        Report {
            key: self.key.to_string(),
            curve: key.curve().to_string(),
            certificates: 0,
            allowed: self.allow.len(),
        }
        .print(self.json, "the authority's key")
    }
}
