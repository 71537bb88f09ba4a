//! The JPKI applet, from its source to IR.

#[test]
fn the_jpki_applet_is_card_rust() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../applet-model");
    match capgen::driver::lower(folder.as_ref(), "Jpki") {
        Ok(lowered) => {
            let program = lowered.program;
            println!("{} functions, {} classes", program.functions.len(), program.classes.len());
        }
        Err(error) => panic!("{error}"),
    }
}
