//! Image files.

use super::support::{Package, ask, by_p1, card_with, select};
use card_sim::Card;
use card_sim::image::ImageError;

fn package() -> Package {
    Package {
        construct: "sconst_2; sconst_1; invokestatic javacard/framework/JCSystem.makeTransientShortArray(SB)[S; putfield_a_this .8".into(),
        process: by_p1(&[
            "aload_0; getfield_s .1; getfield_a_this .8; sconst_0; saload; sadd",
            "aload_0; sspush 300; putfield_s .1; getfield_a_this .8; sconst_0; sspush 7; sastore; sconst_0",
        ]),
        ..Package::default()
    }
}

#[test]
fn a_restored_card_goes_on_where_it_stood() {
    let package = package();
    let mut card = card_with(&package);
    select(&mut card, &package);
    ask(&mut card, 1);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("card.image");
    card.save(&path).unwrap();
    card.save(&path).unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    let mut restored = Card::open(&path).unwrap();
    select(&mut restored, &package);
    // The field is there, transient memory is empty.
    assert_eq!(ask(&mut restored, 0), 300);
    assert_eq!(
        restored.statistics().persistent_used,
        card.statistics().persistent_used
    );
    assert_eq!(restored.to_image().unwrap(), card.to_image().unwrap());
}

#[test]
fn a_damaged_image_is_refused_and_kept() {
    let card = card_with(&package());
    let image = card.to_image().unwrap();
    assert!(matches!(
        Card::from_image(b"PNG"),
        Err(ImageError::NotAnImage)
    ));
    for place in (0..image.len()).step_by(97) {
        let mut damaged = image.to_vec();
        damaged[place] ^= 0x10;
        assert!(Card::from_image(&damaged).is_err(), "byte {place}");
    }
    for length in (0..image.len()).step_by(101) {
        assert!(Card::from_image(&image[..length]).is_err());
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("card.image");
    std::fs::write(&path, &image[..100]).unwrap();
    let error = Card::open(&path).unwrap_err();
    assert!(error.to_string().contains("damaged"), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), image[..100]);
}

/// A process that is killed while it writes leaves a file beside the image, with the card's keys in it.
#[test]
fn what_killed_processes_left_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("my.card");
    let card = card_with(&package());
    let old = std::time::SystemTime::now() - std::time::Duration::from_secs(3600);
    let names = [
        ("my.card.new-17", true, false),
        ("my.card.new-18", false, true), // somebody may be writing it
        ("my.card.new-x", true, true),
        ("other.card.new-17", true, true),
    ];
    for (name, is_old, _) in names {
        let file = std::fs::File::create(folder.path().join(name)).unwrap();
        if is_old {
            file.set_modified(old).unwrap();
        }
    }
    card.save(&path).unwrap();
    for (name, _, stays) in names {
        assert_eq!(folder.path().join(name).exists(), stays, "{name}");
    }
    assert!(Card::open(&path).is_ok());
}
