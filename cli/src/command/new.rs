//! `tenkoku new`

mod name;

use crate::failure::Failure;
use crate::{aid, files, output};
use clap::Args;
use loader::Aid;
use minijinja::{AutoEscape, Environment, context};
use name::Name;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The files of a new crate, and what they are made from.
const TEMPLATES: [(&str, &str); 6] = [
    ("Cargo.toml", include_str!("new/template/Cargo.toml.j2")),
    ("src/lib.rs", include_str!("new/template/lib.rs.j2")),
    ("tests/applet.rs", include_str!("new/template/tests.rs.j2")),
    ("session.apdu", include_str!("new/template/session.apdu.j2")),
    ("README.md", include_str!("new/template/README.md.j2")),
    (".gitignore", "/target\n"),
];

/// The same of a library package.
const LIBRARY: [(&str, &str); 5] = [
    (
        "Cargo.toml",
        include_str!("new/template/library/Cargo.toml.j2"),
    ),
    ("src/lib.rs", include_str!("new/template/library/lib.rs.j2")),
    (
        "tests/library.rs",
        include_str!("new/template/library/tests.rs.j2"),
    ),
    (
        "README.md",
        include_str!("new/template/library/README.md.j2"),
    ),
    (".gitignore", "/target\n"),
];

/// The arguments of `tenkoku new`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  tenkoku new my-applet\n  tenkoku new wallets/purse --aid F0010203040506 --platform ../tenkoku/platform\n  \
                        tenkoku new shared-code --lib        a library package, for the applets of other packages"
)]
pub struct New {
    /// The folder to make; its last part is the crate's name, and in camel case the applet's.
    #[arg(value_name = "FOLDER")]
    pub folder: PathBuf,
    /// Make a library package: without applets, for those of other packages to import.
    #[arg(long)]
    pub lib: bool,
    /// The package's AID, 5 to 15 bytes; the applet's has a 01 behind it. Without this: one of the unregistered
    /// category F0, made of the name.
    #[arg(long, value_name = "AID", value_parser = aid::parse)]
    pub aid: Option<Aid>,
    /// The folder of Tenkoku's `platform` crate. Without this it is looked for above the current folder, and
    /// where this program was built.
    #[arg(long, value_name = "FOLDER")]
    pub platform: Option<PathBuf>,
}

impl New {
    /// Makes the crate. What is there already is not touched.
    ///
    /// # Errors
    /// [`Failure::Input`] where the name, the AID or the platform will not do; [`Failure::Output`].
    pub fn run(&self) -> Result<(), Failure> {
        let name = self
            .folder
            .file_name()
            .and_then(|name| name.to_str())
            .ok_or_else(|| Failure::input(self.folder.display(), "expected a folder's name"))?;
        let name = Name::new(name).map_err(|cause| Failure::input(name, cause))?;
        let package = match &self.aid {
            Some(aid) => aid.as_bytes().to_vec(),
            None => name.package_aid(),
        };
        let applet = [&package[..], &[0x01]].concat();
        let applet_aid = Aid::new(&applet).map_err(|_| {
            Failure::input(
                "--aid",
                "expected at most 15 bytes: the applet's AID has one more",
            )
        })?;
        if self.folder.exists() {
            return Err(Failure::input(
                self.folder.display(),
                "exists already; nothing was written",
            ));
        }
        let platform = self.platform()?;
        let note = if self.aid.is_some() {
            ""
        } else {
            "AIDs that begin with F are unregistered: good for a test, not for a product. Give your own with `--aid`."
        };
        let context = context! {
            crate => name.krate,
            library => name.library(),
            applet => name.applet(),
            // TOML's basic strings have the escapes of JSON.
            platform => serde_json::Value::from(platform.display().to_string()).to_string(),
            tenkoku => platform.parent().unwrap_or(&platform).display().to_string(),
            package_aid => hex::encode_upper(&package),
            applet_aid => applet_aid.to_string(),
            applet_length => format!("{:02X}", applet.len()),
            package_bytes => listed(&package),
            applet_bytes => listed(&applet),
            aid_note => note,
        };
        let mut environment = Environment::new();
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        let templates = if self.lib { &LIBRARY[..] } else { &TEMPLATES };
        for (path, template) in templates {
            let text = environment
                .render_str(template, &context)
                .map_err(|error| Failure::input(*path, error))?;
            let text = text.trim_end().to_owned() + "\n";
            files::write(&self.folder.join(path), text.as_bytes())?;
        }
        let sources = templates.iter().map(|(path, _)| self.folder.join(path));
        format(sources.filter(|path| path.extension().is_some_and(|extension| extension == "rs")));
        if self.lib {
            return output::print(&format!(
                "made {}, library package {}; its README says how to go on\n",
                self.folder.display(),
                hex::encode_upper(&package),
            ));
        }
        output::print(&format!(
            "made {}, applet {} with AID {applet_aid}; its README says how to go on\n",
            self.folder.display(),
            name.applet(),
        ))
    }

    /// The absolute path of the platform crate.
    fn platform(&self) -> Result<PathBuf, Failure> {
        let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("../platform");
        let candidates = match &self.platform {
            Some(folder) => vec![folder.clone()],
            None => {
                let here = std::env::current_dir()
                    .map_err(|error| Failure::input("the current folder", error))?;
                let above = here.ancestors().map(|folder| folder.join("platform"));
                above.chain([built]).collect()
            }
        };
        let found = candidates.iter().find(|folder| is_platform(folder));
        let found = found.and_then(|folder| folder.canonicalize().ok());
        found.ok_or_else(|| match &self.platform {
            Some(folder) => Failure::input(
                folder.display(),
                "is not Tenkoku's `platform` crate: expected its Cargo.toml there",
            ),
            None => Failure::input(
                "platform",
                "Tenkoku's `platform` crate was not found; give its folder with --platform",
            ),
        })
    }
}

fn is_platform(folder: &Path) -> bool {
    let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
    manifest
        .lines()
        .any(|line| line.trim() == "name = \"platform\"")
        && folder.join("src/host").is_dir()
}

/// Breaks lines as `cargo fmt` would, where rustfmt is installed: names and AIDs are of any length.
fn format(sources: impl Iterator<Item = PathBuf>) {
    // Without it the source is as good.
    let _ = Command::new("rustfmt")
        .args(["--quiet", "--edition", "2024"])
        .args(sources)
        .output();
}

/// Bytes as elements of a Rust array.
fn listed(bytes: &[u8]) -> String {
    let bytes: Vec<String> = bytes.iter().map(|byte| format!("0x{byte:02X}")).collect();
    bytes.join(", ")
}
