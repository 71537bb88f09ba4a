//! `tenkoku card profiles`

use crate::failure::Failure;
use crate::output;
use crate::simulator;
use card_sim::{Profile, Quirk};
use clap::Args;
use std::fmt::Write;

/// The arguments of `tenkoku card profiles`.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  tenkoku card profiles\n  tenkoku card profiles j3r180\n  tenkoku card profiles \
                  my-card.toml    a file of your own, checked\n  tenkoku card profiles --quirks   what a profile's \
                  `quirks` may name"
)]
pub struct Profiles {
    /// Tell all of this one.
    #[arg(value_name = "NAME|FILE", value_parser = simulator::profile)]
    pub profile: Option<Profile>,
    /// What profiles may name as quirks, with who has met it.
    #[arg(long, conflicts_with = "profile")]
    pub quirks: bool,
    /// As JSON.
    #[arg(long)]
    pub json: bool,
}

impl Profiles {
    /// Prints them.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(&self) -> Result<(), Failure> {
        if self.quirks {
            return output::print(&self.quirks()?);
        }
        if let Some(profile) = &self.profile {
            let text = if self.json {
                json(profile)?
            } else {
                whole(profile)
            };
            return output::print(&text);
        }
        let known = Profile::BUILTIN
            .iter()
            .filter_map(|(name, _)| Some((*name, Profile::named(name)?)));
        let mut text = String::new();
        if self.json {
            let all: std::collections::BTreeMap<_, _> = known.collect();
            return output::print(&json(&all)?);
        }
        for (name, profile) in known {
            let _ = writeln!(
                text,
                "{name:<10} {}, {} bytes persistent, {} transient{}\n           {}",
                profile.api,
                profile.memory.persistent,
                profile.memory.transient,
                match profile.quirks.len() {
                    0 => String::new(),
                    1 => ", 1 quirk".to_owned(),
                    count => format!(", {count} quirks"),
                },
                profile.description
            );
        }
        output::print(&text)
    }

    fn quirks(&self) -> Result<String, Failure> {
        if self.json {
            let all = Quirk::ALL.map(|quirk| {
                serde_json::json!({
                    "name": quirk.name(),
                    "effect": quirk.effect(),
                    "source": quirk.source(),
                })
            });
            return json(&all);
        }
        Ok(Quirk::ALL.into_iter().map(quirk_lines).collect())
    }
}

fn json(value: &impl serde::Serialize) -> Result<String, Failure> {
    let text =
        serde_json::to_string_pretty(value).map_err(|error| Failure::input("profile", error))?;
    Ok(text + "\n")
}

fn quirk_lines(quirk: Quirk) -> String {
    format!(
        "{quirk}\n    {}\n    source: {}\n",
        quirk.effect(),
        quirk.source()
    )
}

/// All of a profile, for people.
fn whole(profile: &Profile) -> String {
    let mut text = format!("{}\n", profile.description);
    let memory = &profile.memory;
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(text, "{name:<18} {value}");
    };
    if let Some(source) = &profile.source {
        line("source", source);
    }
    line("API", &profile.api);
    line(
        "secure channel",
        profile.secure_channel.as_deref().unwrap_or("scp03:70"),
    );
    if let Some(version) = profile.key_version {
        line("key version", &version.to_string());
    }
    line("channels", &profile.channels.to_string());
    line("APDU buffer", &format!("{} bytes", profile.apdu_buffer));
    if let Some([incoming, outgoing]) = profile.block_sizes {
        line("blocks", &format!("{incoming} bytes in, {outgoing} out"));
    }
    line("persistent", &format!("{} bytes", memory.persistent));
    line("transient", &format!("{} bytes", memory.transient));
    line("commit buffer", &format!("{} bytes", memory.commit));
    line("stack", &format!("{} words", memory.stack_words));
    line(
        "time estimates",
        profile.costs.as_deref().unwrap_or("those of a j3r180"),
    );
    for refused in &profile.refused {
        line("without", refused);
    }
    text.extend(profile.quirks.iter().copied().map(quirk_lines));
    text
}
