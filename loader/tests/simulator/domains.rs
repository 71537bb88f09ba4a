//! Supplementary security domains: made, keyed, given applications, deleted.

use card_sim::CardConfig;
use loader::{
    Aid, Announced, Error, FlashOptions, KeySet, KeySource, SecurityLevel, Session, StaticKeys,
    StatusWord,
};
use se_crypto::Drbg;

use crate::card::Reader;
use crate::content::{aid, flash};
use crate::echo_cap::{FIRST, PACKAGE};

const DOMAIN: &[u8] = &[0xF0, 0x00, 0x00, 0x00, 0x53, 0x44];

fn own_keys() -> KeySet {
    KeySet {
        version: 0x41,
        keys: loader::Keys::Plain(StaticKeys::new(&[7; 16], &[8; 16], &[9; 16]).unwrap()),
        diversification: None,
        protocol: None,
        source: KeySource::Given,
    }
}

fn open(reader: &Reader, domain: &[u8], keys: &KeySet) -> Result<Session<Reader>, Error> {
    let mut session = Session::select(reader.again(), Some(&aid(domain)))?;
    session.open(keys, SecurityLevel::FULL, &mut Drbg::from_seed(1))?;
    Ok(session)
}

fn status(result: Result<impl Sized, Error>) -> Option<StatusWord> {
    match result {
        Err(Error::Refused(refusal)) => Some(refusal.status),
        _ => None,
    }
}

#[test]
fn a_domain_with_keys_of_its_own() {
    let reader = Reader::new(&CardConfig::default());
    let mut issuer = reader.clone().open_full();
    issuer
        .install_security_domain(&aid(DOMAIN), [0; 3])
        .unwrap();
    flash(&mut issuer, &FlashOptions::default());
    let state = |session: &mut Session<Reader>, name: &[u8]| -> (&'static str, Option<Aid>) {
        let content = session.content().unwrap();
        let found = content.application(&aid(name)).unwrap();
        (found.state(), found.domain)
    };
    assert_eq!(state(&mut issuer, DOMAIN).0, "SELECTABLE");

    // It begins with the issuer's keys, and gets its own.
    let mut session = open(&reader, DOMAIN, &KeySet::test_keys()).unwrap();
    session
        .put_key(None, 0x41, own_keys().plain().unwrap())
        .unwrap();
    assert!(open(&reader, DOMAIN, &KeySet::test_keys()).is_err());
    let mut session = open(&reader, DOMAIN, &own_keys()).unwrap();
    assert_eq!(session.info().unwrap().key_versions(), [0x41]);
    assert_eq!(state(&mut session, DOMAIN).0, "PERSONALIZED");
    // It has no say over content.
    assert_eq!(
        status(session.delete(&aid(FIRST), false)),
        Some(StatusWord(0x6985))
    );
    assert_eq!(
        status(session.install_for_load(&Announced::new(aid(FIRST)))),
        Some(StatusWord(0x6985))
    );

    // The issuer gives it an application; then it cannot be deleted without that.
    let mut issuer = reader.again().open_full();
    issuer.extradite(&aid(FIRST), &aid(DOMAIN)).unwrap();
    assert_eq!(state(&mut issuer, FIRST).1, Some(aid(DOMAIN)));
    assert_eq!(
        status(issuer.extradite(&aid(FIRST), &aid(PACKAGE))),
        Some(StatusWord(0x6A88))
    );
    assert_eq!(
        status(issuer.delete(&aid(DOMAIN), false)),
        Some(StatusWord(0x6985))
    );
    issuer.delete(&aid(FIRST), false).unwrap();
    issuer.delete(&aid(DOMAIN), false).unwrap();
    assert!(open(&reader, DOMAIN, &own_keys()).is_err());

    // A new domain of the same name has nothing of the old one's.
    reader
        .again()
        .open_full()
        .install_security_domain(&aid(DOMAIN), [0; 3])
        .unwrap();
    assert!(open(&reader, DOMAIN, &own_keys()).is_err());
    assert!(open(&reader, DOMAIN, &KeySet::test_keys()).is_ok());
}

#[test]
fn an_authorized_domain_manages_content() {
    let reader = Reader::new(&CardConfig::default());
    reader
        .clone()
        .open_full()
        .install_security_domain(&aid(DOMAIN), [0, 0x40, 0])
        .unwrap();
    let mut session = open(&reader, DOMAIN, &KeySet::test_keys()).unwrap();
    flash(&mut session, &FlashOptions::default());
    let content = session.content().unwrap();
    assert_eq!(
        content.load_file(&aid(PACKAGE)).unwrap().domain,
        Some(aid(DOMAIN))
    );
    assert_eq!(
        content.application(&aid(FIRST)).unwrap().domain,
        Some(aid(DOMAIN))
    );
    session.delete(&aid(PACKAGE), true).unwrap();
    assert_eq!(session.content().unwrap().applications.len(), 1);
}

#[test]
fn an_applet_without_personalization_refuses_stored_data() {
    let reader = Reader::new(&CardConfig::default());
    let mut session = reader.open_full();
    flash(&mut session, &FlashOptions::default());
    assert_eq!(
        status(session.install_for_personalization(&aid(PACKAGE))),
        Some(StatusWord(0x6A88))
    );
    session.install_for_personalization(&aid(FIRST)).unwrap();
    assert!(status(session.store_data(0x00, &[1, 2, 3])).is_some());
    // To the domain itself: the issuer identification number, in one block and read back.
    session.store_data(0x00, &[0x42, 0x02, 0x12, 0x34]).unwrap();
    assert_eq!(
        session.info().unwrap().issuer_identification.as_deref(),
        Some("1234")
    );
}
