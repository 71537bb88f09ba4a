//! The commands that look into a simulated card: tears, traces, coverage, the debug adapter, budgets.

use super::*;

/// The checks of a torn card: the applet can be selected and tells of its PINs.
#[test]
fn power_is_cut_at_every_write() {
    let folder = tempfile::tempdir().unwrap();
    let cap = jpki(folder.path());
    let card = ["--cap", &cap, "--install", APPLET];
    let file = |name: &str, content: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        text(&path).to_owned()
    };
    let select = format!("00A4040C0A{APPLET}\n");
    // Nothing is written, and the check holds.
    let script = file("session.apdu", &select);
    let good = file(
        "good.apdu",
        &format!("00A4040C0A{APPLET} => 9000 # it is there\n"),
    );
    let run = |code, script: &str, check: &str| {
        tenkoku(
            code,
            &[
                &["tear", "--script", script, "--check", check, "--json"],
                &card[..],
            ]
            .concat(),
        )
    };
    let report: serde_json::Value = serde_json::from_slice(&run(0, &script, &good).stdout).unwrap();
    assert_eq!(report["schema"], "tenkoku.tear/1");
    assert_eq!(report["broken"].as_array().unwrap().len(), 0);
    // A spent presentation is neither the state before nor the one after: found, with its line.
    let image = with_key(folder.path());
    let verify = file(
        "verify.apdu",
        &format!("{select}0020009B06414243313233 => 9000\n"),
    );
    let tries = file("tries.apdu", &format!("{select}0020009B\n"));
    let tear = [
        "tear", "--image", &image, "--cap", &cap, "--script", &verify, "--check",
    ];
    let found = tenkoku(1, &[&tear[..], &[&tries, "--json"]].concat());
    let report: serde_json::Value = serde_json::from_slice(&found.stdout).unwrap();
    let broken = report["broken"].as_array().unwrap();
    assert!(!broken.is_empty());
    for cut in broken {
        assert_eq!(
            (cut["line"].as_u64(), cut["header"].as_str()),
            (Some(2), Some("0020009B"))
        );
        assert_eq!(cut["checks"][0]["found"], "63C4");
        let source = cut["source"]["file"].as_str().unwrap();
        assert!(source.starts_with("applet-model/src/jpki"), "{source}");
    }
    // The PIN itself is in no report.
    assert!(!out(&found).contains("414243313233"));
    let words = tenkoku(1, &[&tear[..], &[&tries]].concat());
    assert!(
        out(&words).contains("torn at applet-model/src/jpki"),
        "{}",
        out(&words)
    );
    // The rule as it is meant.
    let sound = file("sound.apdu", &format!("{select}0020009B => 63C5 | 63C4\n"));
    tenkoku(0, &[&tear[..], &[&sound]].concat());
    let none = file("none.apdu", "# nothing\n");
    run(3, &script, &none);
    let malformed = file("malformed.apdu", "00A4 => what\n");
    assert!(err(&run(3, &script, &malformed)).contains("malformed.apdu, line 1"));
}

#[test]
fn a_trace_and_coverage_name_source_lines() {
    let folder = tempfile::tempdir().unwrap();
    let cap = jpki(folder.path());
    let card = ["--cap", &cap, "--install", APPLET, "--script", "-"];
    let select = format!("00A4040C0A{APPLET} => 9000\n00200098 => 63xx\n");
    let traced = tenkoku_with(0, &[&["trace"][..], &card].concat(), &select);
    let trace = out(&traced);
    assert!(trace.contains("applet-model/src/"), "{trace}");
    assert!(
        trace.contains("invokevirtual javacard/framework/APDU.getBuffer()[B"),
        "{trace}"
    );
    assert!(trace.contains("\n< 9000\n# at least 0."), "{trace}");
    assert!(trace.contains(" in the API\n> 00200098\n"), "{trace}");
    let json = tenkoku_with(
        0,
        &[&["trace", "--json", "--limit", "3"][..], &card].concat(),
        &select,
    );
    assert_eq!(out(&json).lines().count(), 6);
    for line in out(&json).lines() {
        let record: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(record["offset"].is_number() && record["stack"].is_array());
    }
    let coverage = folder.path().join("coverage");
    let exec = ["card", "exec", "--coverage", text(&coverage)];
    tenkoku_with(0, &[&exec[..], &card].concat(), &select);
    let lcov = std::fs::read_to_string(coverage.join("lcov.info")).unwrap();
    let count = |prefix: &str| lcov.lines().filter(|line| line.starts_with(prefix)).count();
    assert!(count("SF:") > 1 && count("SF:") == count("end_of_record"));
    assert!(count("DA:") > 100 && count("BRDA:") > 20 && count("FN:") > 20);
    assert!(
        lcov.lines()
            .any(|line| line.starts_with("DA:") && line.ends_with(",0"))
    );
    assert!(
        lcov.lines()
            .any(|line| line.starts_with("DA:") && line.ends_with(",1"))
    );
    let html = std::fs::read_to_string(coverage.join("index.html")).unwrap();
    assert!(html.contains("<tr class=\"hit\">") && html.contains("<tr class=\"miss\">"));
    // A response that the script does not want.
    let refused = tenkoku_with(
        1,
        &[&["card", "exec"][..], &card].concat(),
        "00A40400 => 9000\n",
    );
    assert!(err(&refused).contains("line 1: expected 9000"));
}

/// An editor's side of the Debug Adapter Protocol.
struct Editor {
    child: std::process::Child,
    sequence: u64,
}

impl Editor {
    fn ask(&mut self, command: &str, arguments: &serde_json::Value) -> serde_json::Value {
        self.sequence += 1;
        let request = serde_json::json!({
            "seq": self.sequence, "type": "request", "command": command, "arguments": arguments,
        })
        .to_string();
        let stdin = self.child.stdin.as_mut().unwrap();
        write!(stdin, "Content-Length: {}\r\n\r\n{request}", request.len()).unwrap();
        stdin.flush().unwrap();
        let sequence = self.sequence;
        let answer = self.wait(|message| message["request_seq"] == sequence);
        assert_eq!(answer["success"], true, "{answer}");
        answer["body"].clone()
    }

    fn event(&mut self, name: &str) -> serde_json::Value {
        self.wait(|message| message["event"] == name)["body"].clone()
    }

    /// The next message that fits; others are passed over.
    fn wait(&mut self, fits: impl Fn(&serde_json::Value) -> bool) -> serde_json::Value {
        use std::io::Read;
        let stdout = self.child.stdout.as_mut().unwrap();
        loop {
            let mut header = Vec::new();
            while !header.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stdout.read_exact(&mut byte).unwrap();
                header.push(byte[0]);
            }
            let header = String::from_utf8(header).unwrap();
            let length = header.trim().strip_prefix("Content-Length: ").unwrap();
            let mut body = vec![0; length.parse().unwrap()];
            stdout.read_exact(&mut body).unwrap();
            let message: serde_json::Value = serde_json::from_slice(&body).unwrap();
            if fits(&message) {
                return message;
            }
        }
    }
}

#[test]
fn an_editor_steps_through_the_rust_source() {
    use serde_json::json;
    let folder = tempfile::tempdir().unwrap();
    let cap = jpki(folder.path());
    let script = folder.path().join("session.apdu");
    let commands = format!("00A4040C0A{APPLET}\n00200098\n");
    std::fs::write(&script, &commands).unwrap();
    // A line that runs, from a trace.
    let card = ["--cap", &cap, "--install", APPLET];
    let traced = ["trace", "--json", "--line", "2", "--script", text(&script)];
    let traced = tenkoku(0, &[&traced[..], &card].concat());
    let (file, line) = out(&traced)
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .filter(|record| record["depth"].as_u64().unwrap() > 1)
        .find_map(|record| {
            let source = &record["source"];
            Some((
                source["file"].as_str()?.to_owned(),
                source["line"].as_u64()?,
            ))
        })
        .unwrap();
    let child = Command::new(env!("CARGO_BIN_EXE_tenkoku"))
        .args(["card", "debug", "--script", text(&script)])
        .args(card)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut editor = Editor { child, sequence: 0 };
    assert_eq!(
        editor.ask("initialize", &json!({}))["supportsConfigurationDoneRequest"],
        true
    );
    editor.ask("launch", &json!({}));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(&file);
    let source =
        json!({ "source": { "path": path }, "breakpoints": [{ "line": line }, { "line": 99999 }] });
    let set = editor.ask("setBreakpoints", &source);
    assert_eq!(set["breakpoints"][0]["verified"], true);
    assert_eq!(set["breakpoints"][1]["verified"], false);
    editor.ask("configurationDone", &json!({}));
    assert_eq!(editor.event("stopped")["reason"], "breakpoint");
    let frames = editor.ask("stackTrace", &json!({ "threadId": 1 }));
    let top = &frames["stackFrames"][0];
    assert_eq!(top["line"], line);
    assert!(top["source"]["path"].as_str().unwrap().ends_with(&file));
    assert!(frames["totalFrames"].as_u64().unwrap() > 1);
    let scopes = editor.ask("scopes", &json!({ "frameId": top["id"] }));
    let locals = json!({ "variablesReference": scopes["scopes"][0]["variablesReference"] });
    let locals = editor.ask("variables", &locals);
    assert!(!locals["variables"].as_array().unwrap().is_empty());
    let place = |editor: &mut Editor| {
        let frames = editor.ask("stackTrace", &json!({ "threadId": 1 }));
        let depth = frames["totalFrames"].as_u64().unwrap();
        (depth, frames["stackFrames"][0]["line"].as_u64().unwrap())
    };
    let before = place(&mut editor);
    editor.ask("next", &json!({ "threadId": 1 }));
    assert_eq!(editor.event("stopped")["reason"], "step");
    let after = place(&mut editor);
    assert!(
        after != before && after.0 <= before.0,
        "{before:?}, {after:?}"
    );
    editor.ask("continue", &json!({ "threadId": 1 }));
    editor.event("terminated");
    assert!(editor.child.wait().unwrap().success());
    // Nobody else may listen in.
    let remote = [
        "card",
        "debug",
        "--listen",
        "0.0.0.0:0",
        "--script",
        text(&script),
    ];
    tenkoku(2, &remote);
}

#[test]
fn profiles_and_their_quirks_are_listed() {
    let run = |arguments: &[&str]| {
        let arguments = [&["card", "profiles"][..], arguments].concat();
        out(&tenkoku_with(0, &arguments, "")).to_owned()
    };
    let all = run(&[]);
    for name in ["jc222", "j3r180", "sce60"] {
        assert!(all.lines().any(|line| line.starts_with(name)), "{all}");
    }
    let one = run(&["sce60"]);
    assert!(one.contains("commit buffer      755 bytes"), "{one}");
    assert!(one.contains("untagged-status\n    GET STATUS with P2 = 02 is answered 6A86"));
    let quirks = run(&["--quirks"]);
    assert_eq!(
        quirks.matches("source: ").count(),
        card_sim::Quirk::ALL.len()
    );
    let json: serde_json::Value = serde_json::from_str(&run(&["--json"])).unwrap();
    assert_eq!(json["j3r180"]["memory"]["commit"], 5120);
    let error = tenkoku_with(2, &["card", "profiles", "j9"], "");
    assert!(
        err(&error).contains("neither one of jc222"),
        "{}",
        err(&error)
    );
}

#[test]
fn a_profile_tells_whether_an_applet_fits_and_what_it_takes() {
    let folder = tempfile::tempdir().unwrap();
    let cap = jpki(folder.path());
    let card = ["--cap", &cap, "--install", APPLET, "--script", "-"];
    let select = format!("00A4040C0A{APPLET}\n00200098\n");
    let run = |code, arguments: &[&str]| {
        let arguments = [&["card", "exec", "--budget"][..], arguments, &card].concat();
        tenkoku_with(code, &arguments, &select)
    };
    // A budget after each response; the same on every run.
    let first = run(0, &["--profile", "j3r180"]);
    let budgets: Vec<&str> = out(&first)
        .lines()
        .filter(|line| line.starts_with("# "))
        .collect();
    assert_eq!(budgets.len(), 2);
    assert!(
        budgets
            .iter()
            .all(|line| !line.starts_with("# 0 bytecodes") && !line.contains("least 0.000 ms"))
    );
    assert_eq!(out(&first), out(&run(0, &["--profile", "j3r180"])));
    assert!(
        budgets
            .iter()
            .all(|line| line.contains(" ms of it in the API; "))
    );
    // The applet needs no more than Java Card 2.2.2, but a card of 2.2.1 has not what it imports.
    run(0, &["--profile", "jc222"]);
    let file = |name: &str, api: &str, persistent: u32| {
        let path = folder.path().join(name);
        let profile = format!(
            "description = \"{name}\"\napi = \"{api}\"\napdu_buffer = 261\n[memory]\n\
             persistent = {persistent}\ntransient = 1024\ncommit = 64\nstack_words = 200\n"
        );
        std::fs::write(&path, profile).unwrap();
        text(&path).to_owned()
    };
    let old = file("old.toml", "jc221", 65536);
    assert!(err(&run(4, &["--profile", &old])).contains("the card has no package"));
    let small = file("small.toml", "jc304", 4096);
    assert!(err(&run(4, &["--profile", &small])).contains("not enough memory"));
    assert!(err(&run(2, &["--profile", "jc999"])).contains("neither one of jc222, jc304, a40cr"));
    // The profile stays with the image.
    let image = folder.path().join("profile.image");
    run(0, &["--profile", "j3r180", "--image", text(&image)]);
    run(0, &["--image", text(&image)]);
    assert!(
        err(&run(2, &["--profile", "jc304", "--image", text(&image)])).contains("another profile")
    );
}
