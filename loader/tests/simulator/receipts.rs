//! Delegated management from the host: tokens sent, receipts verified and counted, loading and installing in one.

use card_sim::CardConfig;
use loader::{
    FlashOptions, Hex, InstanceOptions, KeySet, Operation, PartialState, Plan, ReceiptKey,
    Receipts, SecretKind, SecurityLevel, Session, TokenKey, Tokens,
};
use se_crypto::{Drbg, P256Key, RsaKey};
use zeroize::Zeroizing;

use crate::card::{Loses, Reader};
use crate::content::aid;
use crate::echo_cap::{FIRST, PACKAGE, SECOND, echo_cap};

const DOMAIN: &[u8] = &[0xF0, 0x00, 0x00, 0x00, 0x53, 0x44];
const OTHER: &[u8] = &[0xF0, 0x00, 0x00, 0x00, 0x53, 0x45];
const RECEIPT_KEY: [u8; 16] = [0x71; 16];

fn receipt_key(byte: u8) -> ReceiptKey {
    ReceiptKey::Secret(Zeroizing::new(vec![byte; 16]))
}

/// A card on which [`DOMAIN`] manages content with tokens of this key.
fn delegated(token: &TokenKey, kind: SecretKind) -> Reader {
    let reader = Reader::new(&CardConfig::default());
    let mut issuer = reader.clone().open_full();
    issuer
        .install_security_domain(&aid(DOMAIN), [0x20, 0, 0])
        .unwrap();
    issuer
        .install_security_domain(&aid(OTHER), [0, 0, 0])
        .unwrap();
    let public = token.public().unwrap();
    issuer.put_public_key(None, 0x70, 1, &public).unwrap();
    issuer
        .put_secret_key(None, 0x71, 1, kind, &RECEIPT_KEY)
        .unwrap();
    reader
}

fn enter(reader: Reader) -> Session<Reader> {
    let mut session = Session::select(reader, Some(&aid(DOMAIN))).unwrap();
    let (keys, mut random) = (KeySet::test_keys(), Drbg::from_seed(3));
    session
        .open(&keys, SecurityLevel::FULL, &mut random)
        .unwrap();
    session
}

fn options(combined: bool) -> FlashOptions {
    FlashOptions {
        with_hash: true,
        combined,
        ..FlashOptions::default()
    }
}

/// The tokens of a flash, signed without the card, and of what else is done here.
fn tokens(key: &TokenKey, combined: bool) -> Tokens {
    let nothing = loader::CardContent::empty(aid(&[0; 5]));
    let mut plan = Plan::new(&echo_cap(), &nothing, &options(combined)).unwrap();
    plan.delete_first(&echo_cap()).unwrap();
    let mut commands = plan
        .rehearse(&Session::rehearsal(usize::MAX), &Tokens::default())
        .unwrap();
    let mut others = Session::rehearsal(usize::MAX);
    others.extradite(&aid(SECOND), &aid(OTHER)).unwrap();
    others
        .update_registry(&aid(FIRST), Some([0x04, 0, 0]), &[])
        .unwrap();
    commands.extend(others.into_transport().commands);
    Tokens::sign(&commands, key, &mut Drbg::from_seed(9)).unwrap()
}

fn told(receipts: &Receipts) -> Vec<(Operation, u16, Vec<Hex>)> {
    receipts
        .receipts
        .iter()
        .map(|receipt| {
            let counter = receipt.confirmation.counter;
            (receipt.operation, counter, receipt.about.clone())
        })
        .collect()
}

#[test]
fn every_operation_s_receipt_is_verified() {
    let mut random = Drbg::from_seed(41);
    let keys = [
        TokenKey::P256(P256Key::generate(&mut random)),
        // Tokens of 128 and 256 bytes: the latter make INSTALL and DELETE longer than a command.
        TokenKey::Rsa(RsaKey::generate(&mut random, 1024).unwrap()),
        TokenKey::Rsa(RsaKey::generate(&mut random, 2048).unwrap()),
    ];
    for (number, key) in keys.iter().enumerate() {
        let kind = [SecretKind::Aes, SecretKind::TripleDes][number % 2];
        let combined = number > 0;
        let reader = delegated(key, kind);
        let mut session = enter(reader.again());
        session.use_tokens(tokens(key, combined));
        let content = session.content().unwrap();
        let plan = Plan::new(&echo_cap(), &content, &options(combined)).unwrap();
        plan.run(&mut session, &mut |_| ()).unwrap();
        session
            .update_registry(&aid(FIRST), Some([0x04, 0, 0]), &[])
            .unwrap();
        session.extradite(&aid(SECOND), &aid(OTHER)).unwrap();

        let hex = |bytes: &[u8]| Hex(bytes.to_vec());
        let mut expected = if combined {
            vec![(
                Operation::LoadAndInstall,
                vec![hex(PACKAGE), hex(FIRST), hex(DOMAIN)],
            )]
        } else {
            vec![
                (Operation::Load, vec![hex(PACKAGE), hex(DOMAIN)]),
                (Operation::Install, vec![hex(PACKAGE), hex(FIRST)]),
            ]
        };
        expected.extend([
            (Operation::Install, vec![hex(PACKAGE), hex(SECOND)]),
            (
                Operation::RegistryUpdate,
                vec![hex(&[]), hex(FIRST), hex(&[]), hex(&[4, 0, 0]), hex(&[])],
            ),
            (
                Operation::Extradition,
                vec![hex(DOMAIN), hex(SECOND), hex(OTHER)],
            ),
        ]);
        let expected: Vec<_> = (1..)
            .zip(expected)
            .map(|(counter, (operation, about))| (operation, counter, about))
            .collect();
        assert_eq!(told(session.receipts()), expected);
        assert!(session.receipts().unconfirmed.is_empty());
        let good = session.receipts().check(Some(&receipt_key(0x71)), Some(0));
        assert!(good.iter().all(loader::Checked::is_good), "{good:?}");
        let bad = session.receipts().check(Some(&receipt_key(0x72)), Some(1));
        assert!(bad.iter().all(|checked| checked.valid == Some(false)));
        assert_eq!(bad[0].expected, Some(2));
    }
}

#[test]
fn a_card_without_a_receipt_key_confirms_nothing() {
    let key = TokenKey::P256(P256Key::generate(&mut Drbg::from_seed(42)));
    let reader = delegated(&key, SecretKind::Aes);
    reader.again().open_full().delete_key_set(0x71).unwrap();
    let mut session = enter(reader.again());
    session.use_tokens(tokens(&key, false));
    let content = session.content().unwrap();
    let plan = Plan::new(&echo_cap(), &content, &options(false)).unwrap();
    plan.run(&mut session, &mut |_| ()).unwrap();
    session.delete(&aid(PACKAGE), true).unwrap();
    let Receipts {
        receipts,
        unconfirmed,
    } = session.receipts();
    assert!(receipts.is_empty());
    let operations: Vec<Operation> = unconfirmed.iter().map(|one| one.operation).collect();
    assert_eq!(
        operations,
        [
            Operation::Load,
            Operation::Install,
            Operation::Install,
            Operation::Delete
        ]
    );
    // The issuer's own doings are no delegated management.
    let mut issuer = reader.again().open_full();
    plan.run(&mut issuer, &mut |_| ()).unwrap();
    assert!(issuer.receipts().is_empty());
}

/// The card is taken out at every command of a combined flash under tokens, with the command or its answer lost. What
/// is said to be on it is on it, all of it or nothing, and the flash gone on with brings it all; the receipts that came
/// are valid, and their numbers tell of the one that was lost.
#[test]
fn a_combined_flash_survives_every_cut() {
    let key = TokenKey::P256(P256Key::generate(&mut Drbg::from_seed(43)));
    let tokens = tokens(&key, true);
    let mut cuts = 0;
    for loses in [Loses::Command, Loses::Answer] {
        for at in 0.. {
            let reader = delegated(&key, SecretKind::Aes);
            let opening = {
                let session = enter(reader.again());
                session.into_transport().sent
            };
            let mut session = enter(reader.cut_at(opening + 3 + at, loses));
            session.use_tokens(tokens.clone());
            let content = session.content().unwrap();
            let plan = Plan::new(&echo_cap(), &content, &options(true)).unwrap();
            let journal = loader::Journal::begin(&echo_cap(), &plan);
            let result = plan.run(&mut session, &mut |_| ());
            let mut all = session.receipts().clone();
            let Err(error) = result else {
                assert!(
                    at >= plan
                        .rehearse(&Session::rehearsal(239), &Tokens::default())
                        .unwrap()
                        .len()
                );
                break;
            };
            cuts += 1;
            let mut session = enter(reader.again());
            session.use_tokens(tokens.clone());
            let content = session.content().unwrap();
            let there = content.load_file(&aid(PACKAGE)).is_some();
            let instances = content.applications_of(&aid(PACKAGE)).count();
            match &error.state {
                PartialState::Unchanged | PartialState::NotLoaded { .. } => assert!(!there),
                PartialState::MaybeLoadedAndInstalled { .. } => {
                    assert_eq!(there, loses == Loses::Answer);
                    assert_eq!(instances, usize::from(there));
                }
                PartialState::Loaded {
                    installed, maybe, ..
                } => {
                    assert!(there && installed == &[aid(FIRST)]);
                    assert_eq!(*maybe, Some(aid(SECOND)));
                    assert_eq!(instances, 1 + usize::from(loses == Loses::Answer));
                }
                other => panic!("cut {at}: {other}"),
            }
            let resumed = Plan::resume(&echo_cap(), &content, &options(true), &journal).unwrap();
            resumed.run(&mut session, &mut |_| ()).unwrap();
            let content = session.content().unwrap();
            assert_eq!(content.applications_of(&aid(PACKAGE)).count(), 2);
            all.append(session.receipts().clone());
            let checked = all.check(Some(&receipt_key(0x71)), Some(0));
            assert!(checked.iter().all(|one| one.valid == Some(true)));
            let gaps = checked.iter().filter(|one| one.expected.is_some()).count();
            // A receipt that was lost is the last one of all where the flash was complete without it.
            let last = u16::try_from(checked.len()).unwrap();
            let counted = session.confirmation_counter().unwrap();
            assert_eq!(counted, None, "only the issuer's domain tells");
            let counted = reader
                .again()
                .open_full()
                .confirmation_counter()
                .unwrap()
                .unwrap();
            assert_eq!(
                usize::from(counted != last),
                gaps.max(usize::from(counted != last)),
                "cut {at}"
            );
        }
    }
    assert!(cuts >= 8, "{cuts}");
}

/// What is rehearsed is what is sent, with tokens and in parts.
#[test]
fn the_rehearsal_of_a_delegated_flash_is_what_is_sent() {
    let mut random = Drbg::from_seed(44);
    let key = TokenKey::Rsa(RsaKey::generate(&mut random, 2048).unwrap());
    for combined in [false, true] {
        let reader = delegated(&key, SecretKind::Aes);
        let mut session = enter(reader.again());
        let tokens = tokens(&key, combined);
        session.use_tokens(tokens.clone());
        let content = session.content().unwrap();
        let instances = vec![InstanceOptions {
            parameters: vec![7; 200],
            ..InstanceOptions::new(aid(FIRST))
        }];
        let mut options = options(combined);
        if !combined {
            options.instances = vec![InstanceOptions::new(aid(FIRST))];
        }
        let plan = Plan::new(&echo_cap(), &content, &options).unwrap();
        let rehearsed = plan.rehearse(&session, &tokens).unwrap();
        session.record();
        plan.run(&mut session, &mut |_| ()).unwrap();
        assert_eq!(session.recorded(), rehearsed);
        // With parameters that nobody signed the card refuses.
        session.delete(&aid(PACKAGE), true).unwrap();
        options.instances = instances;
        let plan = Plan::new(&echo_cap(), &content, &options).unwrap();
        let error = plan.run(&mut session, &mut |_| ()).unwrap_err();
        assert!(matches!(error.cause, loader::Error::Refused(_)), "{error}");
    }
}

/// Keys of every type, one by one; long ones in several commands.
#[test]
fn public_keys_are_put_on_the_card() {
    let mut random = Drbg::from_seed(45);
    let reader = Reader::new(&CardConfig::default());
    let mut session = reader.clone().open_full();
    let rsa = |random: &mut Drbg, bits| {
        TokenKey::Rsa(RsaKey::generate(random, bits).unwrap())
            .public()
            .unwrap()
    };
    let long = rsa(&mut random, 2048);
    session.put_public_key(None, 0x70, 1, &long).unwrap();
    let short = rsa(&mut random, 1024);
    session.put_public_key(None, 0x73, 1, &short).unwrap();
    let point = TokenKey::P256(P256Key::generate(&mut random)).public();
    let point = point.unwrap();
    session.put_public_key(Some(0x73), 0x73, 1, &point).unwrap();
    let kinds: Vec<(u8, u8, String)> = session
        .keys()
        .unwrap()
        .into_iter()
        .filter(|key| key.version >= 0x70)
        .map(|key| (key.version, key.id, key.kind_in_words()))
        .collect();
    assert_eq!(
        kinds,
        [
            (0x70, 1, "RSA 2048".to_owned()),
            (0x73, 1, "EC 256 public".to_owned())
        ]
    );
    let error = session.put_public_key(None, 0x73, 1, &point).unwrap_err();
    assert!(error.to_string().contains("is in use"), "{error}");
    let unopened = Session::select(reader.again(), None).unwrap();
    let mut unopened = unopened;
    let error = unopened
        .put_secret_key(None, 0x71, 1, SecretKind::Aes, &[1; 16])
        .unwrap_err();
    assert!(error.to_string().contains("open session"), "{error}");
}
