//! A card described as data, and made so.

use card_sim::CardConfig;
use loader::{
    Change, Found, Journal, KeyInfo, KeySet, Reached, Recipe, RecipeError, SecurityLevel, Session,
    StaticKeys,
};
use se_crypto::Drbg;

use crate::card::Reader;
use crate::content::aid;
use crate::echo_cap::{FIRST, SECOND, echo_cap};

const DOMAIN: &[u8] = &[0xA0, 0x00, 0x00, 0x01, 0x51, 0x53, 0x44];

const RECIPE: &str = r#"
    [[domain]]
    aid = "A0000001515344"
    privileges = ["authorized-management"]
    keys = "domain.toml"

    [[package]]
    file = "echo.cap"

    [[package.instance]]
    module = "F0000000010101"
    aid = "F00000000177"
    parameters = "010203"
    domain = "A0000001515344"

    [[package.instance]]
    module = "F0000000010102"
    locked = true
"#;

/// What is left to do, on a card as it is now.
fn difference(
    reader: &Reader,
    recipe: &Recipe,
    journal: Option<Journal>,
) -> Result<Vec<Change>, RecipeError> {
    let mut session = Session::select(reader.again(), None).unwrap();
    let mut domain_keys: Vec<(loader::Aid, Vec<KeyInfo>)> = Vec::new();
    if session.select_again(Some(&aid(DOMAIN))).is_ok() {
        domain_keys.push((aid(DOMAIN), session.keys().unwrap()));
    }
    let content = reader.again().open_full().content().unwrap();
    let found = Found {
        content: &content,
        domain_keys: &domain_keys,
        journals: &[journal],
        key_versions: &[Some(0x41)],
        with_hash: false,
    };
    recipe.difference(&[echo_cap()], &found)
}

fn apply(reader: &Reader, changes: &[Change]) {
    let mut session = reader.again().open_full();
    for change in changes {
        if let Change::PutKeys { domain, .. } = change {
            session.select_again(Some(domain)).unwrap();
            let mut random = Drbg::from_seed(6);
            session
                .open(&KeySet::test_keys(), SecurityLevel::FULL, &mut random)
                .unwrap();
            let keys = StaticKeys::new(&[7; 16], &[8; 16], &[9; 16]).unwrap();
            session.put_key(None, 0x41, &keys).unwrap();
        } else {
            change.run(&mut session, &mut |_| ()).unwrap();
        }
    }
}

#[test]
fn applied_twice_it_does_nothing_the_second_time() {
    let reader = Reader::new(&CardConfig::default());
    let recipe = Recipe::from_toml(RECIPE).unwrap();
    let changes = difference(&reader, &recipe, None).unwrap();
    let told: Vec<String> = changes.iter().map(Change::describe).collect();
    assert_eq!(
        told.iter()
            .map(|line| line.split(' ').next().unwrap())
            .collect::<Vec<_>>(),
        ["make", "load", "install", "give", "install", "lock", "put"],
        "{told:?}"
    );
    assert!(!changes.iter().any(Change::destroys));
    apply(&reader, &changes);
    assert_eq!(difference(&reader, &recipe, None).unwrap(), []);
    let content = reader.again().open_full().content().unwrap();
    let own = content
        .application(&aid(&[0xF0, 0, 0, 0, 0x01, 0x77]))
        .unwrap();
    assert_eq!(own.domain, Some(aid(DOMAIN)));
    assert_eq!(content.application(&aid(SECOND)).unwrap().state(), "LOCKED");
    assert_eq!(
        content.application(&aid(DOMAIN)).unwrap().privileges,
        [0x80, 0x40, 0]
    );

    // What somebody changes is set right, and no more than that.
    let mut session = reader.again().open_full();
    session.set_locked(&aid(SECOND), false).unwrap();
    session
        .delete(&aid(&[0xF0, 0, 0, 0, 0x01, 0x77]), false)
        .unwrap();
    let left = difference(&reader, &recipe, None).unwrap();
    assert!(matches!(
        left[..],
        [
            Change::Install(_),
            Change::Extradite { .. },
            Change::SetLocked { locked: true, .. }
        ]
    ));
    apply(&reader, &left);
    assert_eq!(difference(&reader, &recipe, None).unwrap(), []);
}

#[test]
fn another_build_of_a_package_is_seen_where_a_journal_knows_it() {
    let reader = Reader::new(&CardConfig::default());
    let recipe = Recipe::from_toml(RECIPE).unwrap();
    let changes = difference(&reader, &recipe, None).unwrap();
    apply(&reader, &changes);
    let Some(Change::Load { journal, .. }) = changes
        .iter()
        .find(|change| matches!(change, Change::Load { .. }))
    else {
        panic!("no load");
    };
    let known = Journal {
        reached: Reached::Complete,
        ..journal.clone()
    };
    assert_eq!(
        difference(&reader, &recipe, Some(known.clone())).unwrap(),
        []
    );
    let older = Journal {
        load_file_hash: "00".repeat(32),
        ..known
    };
    let changes = difference(&reader, &recipe, Some(older)).unwrap();
    assert!(changes[0].destroys(), "{changes:?}");
    assert!(changes[0].describe().contains("with all its instances"));
    apply(&reader, &changes);
    assert_eq!(difference(&reader, &recipe, None).unwrap(), []);
}

#[test]
fn what_cannot_be_is_said_before_anything_is_written() {
    let reader = Reader::new(&CardConfig::default());
    let wrong = |text: &str| match Recipe::from_toml(text) {
        Ok(recipe) => difference(&reader, &recipe, None).unwrap_err().to_string(),
        Err(error) => error.to_string(),
    };
    assert!(wrong("\n[[package]]\nfil = 'a'").contains("line 3"));
    assert!(wrong("[[domain]]\naid = 'A0'").contains("5 to 16"));
    assert!(
        wrong("[[domain]]\naid = 'A000000001'\nprivileges = ['magic']").contains("security-domain")
    );
    let package = "[[package]]\nfile = 'echo.cap'\n";
    let instance = |module: &str| format!("[[package.instance]]\nmodule = '{module}'\n");
    assert!(wrong(&format!("{package}{}", instance("A000000001"))).contains("has no module"));
    let twice = instance(&hex::encode(FIRST)).repeat(2);
    assert!(wrong(&format!("{package}{twice}")).contains("twice"));
    crate::content::flash(
        &mut reader.again().open_full(),
        &loader::FlashOptions::default(),
    );
    let domain = format!("[[domain]]\naid = '{}'", hex::encode(FIRST));
    assert!(
        wrong(&domain).contains("delete it first"),
        "{}",
        wrong(&domain)
    );
    assert!(format!("{:?}", Recipe::from_toml(RECIPE).unwrap()).contains("InstanceRecipe("));
    assert!(!format!("{:?}", Recipe::from_toml(RECIPE).unwrap()).contains("010203"));
}
