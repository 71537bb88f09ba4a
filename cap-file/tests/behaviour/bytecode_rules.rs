//! Each rule about code: programs that break only it, and programs that just keep it.

use crate::sample::Sample;
use cap_file::Exports;
use cap_file::verify::{Rule, verify};

/// The rules that a package breaks, each once.
fn broken(sample: &Sample) -> Vec<Rule> {
    let report = verify(&sample.build(), &Exports::builtin());
    let mut rules: Vec<Rule> = report.findings.iter().map(|finding| finding.rule).collect();
    rules.sort_unstable();
    rules.dedup();
    rules
}

/// A sample whose `short test(byte[] a, short b, A c, Object d)` has this code: locals 0 to 3 are the arguments,
/// 4 to 7 are free, the stack has 8 words.
fn test(code: &str) -> Sample {
    Sample {
        test: code.to_owned(),
        ..Sample::default()
    }
}

/// A sample whose constructor of B (a subclass of A) has this code.
fn constructor(code: &str) -> Sample {
    Sample {
        constructor: code.to_owned(),
        ..Sample::default()
    }
}

const END: &str = "sconst_0; sreturn";

fn breaks(rule: Rule, programs: &[&str]) {
    for program in programs {
        assert_eq!(broken(&test(program)), [rule], "{program}");
    }
}

fn keeps(programs: &[&str]) {
    for program in programs {
        assert_eq!(broken(&test(program)), [], "{program}");
    }
}

#[test]
fn flow_end() {
    breaks(
        Rule::FlowEnd,
        &["sconst_0", "sload_1; ifeq x; sconst_0; sreturn; x:; nop"],
    );
    keeps(&[END, "x:; goto x"]);
}

#[test]
fn flow_join() {
    breaks(
        Rule::FlowJoin,
        &[
            "sload_1; ifeq x; sconst_0; x:; sconst_0; sreturn",
            "x:; sconst_0; goto x",
        ],
    );
    keeps(&["sload_1; ifeq x; sconst_0; pop; x:; sconst_0; sreturn"]);
}

#[test]
fn flow_limit() {
    let calls = |count: usize| format!("{}{END}; s:; astore 4; ret 4", "jsr s; ".repeat(count));
    assert_eq!(broken(&test(&calls(64))), [Rule::FlowLimit]);
    assert_eq!(broken(&test(&calls(63))), []);
}

#[test]
fn stack_overflow() {
    let code = "sconst_0; sconst_0; pop; sreturn";
    assert_eq!(
        broken(&Sample {
            test_stack: 1,
            ..test(code)
        }),
        [Rule::StackOverflow]
    );
    assert_eq!(
        broken(&Sample {
            test_stack: 2,
            ..test(code)
        }),
        []
    );
    let int = "iconst_0; pop2; sconst_0; sreturn";
    assert_eq!(
        broken(&Sample {
            test_stack: 1,
            ..test(int)
        }),
        [Rule::StackOverflow]
    );
    let handler = Sample {
        test_stack: 0,
        handlers: vec![(0, 2, 2, None)],
        ..test("goto x; x:; goto x")
    };
    assert_eq!(
        broken(&handler),
        [Rule::StackOverflow],
        "the exception needs a word"
    );
}

#[test]
fn stack_underflow() {
    breaks(
        Rule::StackUnderflow,
        &[
            "pop; sconst_0; sreturn",
            "sconst_0; dup_x 1 2; sreturn",
            "sconst_0; sadd; sreturn",
        ],
    );
    keeps(&["sconst_0; sconst_1; sadd; sreturn"]);
}

#[test]
fn stack_type() {
    breaks(
        Rule::StackType,
        &[
            "aload_0; sconst_1; sadd; sreturn",
            "iconst_0; sconst_1; sadd; sreturn",
            "sconst_0; ifnull x; x:; sconst_0; sreturn",
            "sconst_0; astore 4; sconst_0; sreturn",
            "aconst_null; sstore 4; sconst_0; sreturn",
            "jsr s; sconst_0; sreturn; s:; ifnull x; x:; sconst_0; sreturn",
            "aload_0; slookupswitch x; x:; sconst_0; sreturn",
        ],
    );
    keeps(&[
        "sload_1; sconst_1; sadd; sreturn",
        "sload_1; s2i; iconst_1; iadd; i2s; sreturn",
    ]);
}

#[test]
fn stack_int() {
    breaks(
        Rule::StackInt,
        &[
            "iconst_0; pop; pop; sconst_0; sreturn",
            "iconst_0; dup; pop2; pop; sconst_0; sreturn",
            "sconst_0; iconst_0; sconst_1; pop2; pop2; sconst_0; sreturn",
            "iconst_0; sconst_0; dup_x 1 2; pop2; pop2; sconst_0; sreturn",
            "iconst_0; sconst_0; swap_x 1 1; pop2; pop; sconst_0; sreturn",
        ],
    );
    keeps(&[
        "iconst_0; pop2; sconst_0; sreturn",
        "iconst_0; dup2; pop2; pop2; sconst_0; sreturn",
        "iconst_0; sconst_0; dup_x 1 3; pop; pop2; sreturn",
        "iconst_0; sconst_0; swap_x 1 2; pop2; sreturn",
        "sload_1; dup; pop2; sconst_0; sreturn",
    ]);
}

#[test]
fn stack_shuffle() {
    breaks(
        Rule::StackShuffle,
        &[
            "sconst_0; sconst_1; dup_x 2 1; sreturn",
            "sconst_0; dup_x 0 0; sreturn",
            "sconst_0; sconst_1; swap_x 3 1; sreturn",
        ],
    );
    keeps(&[
        "sconst_0; sconst_1; dup_x 1 2; pop2; sreturn",
        "sconst_0; sconst_1; dup_x 2 0; pop2; pop; sreturn",
    ]);
}

#[test]
fn local_bounds() {
    breaks(
        Rule::LocalBounds,
        &[
            "sload 8; sreturn",
            "sconst_0; sstore 8; sconst_0; sreturn",
            "iconst_0; istore 7; sconst_0; sreturn",
            "sinc 8 1; sconst_0; sreturn",
        ],
    );
    keeps(&[
        "sconst_0; sstore 7; sload 7; sreturn",
        "iconst_0; istore 6; sconst_0; sreturn",
    ]);
}

#[test]
fn local_type() {
    breaks(
        Rule::LocalType,
        &[
            "sload_0; sreturn",
            "sload 4; sreturn",
            "aload_1; pop; sconst_0; sreturn",
            "sload_1; ifeq x; sconst_0; sstore 4; x:; sload 4; sreturn",
            "iconst_0; istore 4; sconst_0; sstore 5; iload 4; i2s; sreturn",
            "iconst_0; istore 4; sload 5; sreturn",
            "iconst_0; istore 4; sconst_0; sstore 4; iload 4; i2s; sreturn",
            "jsr s; sconst_0; sreturn; s:; astore 4; aload 4; pop; sconst_0; sreturn",
        ],
    );
    keeps(&[
        "sload_1; ifeq x; sconst_0; sstore 4; goto y; x:; sconst_1; sstore 4; y:; sload 4; sreturn",
        "iconst_0; istore 4; iinc 4 1; iload 4; i2s; sreturn",
    ]);
    // What a handler finds in a local is what any instruction before it left there.
    let code = "sconst_0; sstore 4; aload_0; astore 4; sconst_0; sreturn; pop; sload 4; sreturn";
    assert_eq!(
        broken(&Sample {
            handlers: vec![(3, 8, 8, None)],
            ..test(code)
        }),
        [Rule::LocalType]
    );
    assert_eq!(
        broken(&Sample {
            handlers: vec![(3, 6, 8, None)],
            ..test(code)
        }),
        []
    );
}

#[test]
fn object_new() {
    breaks(
        Rule::ObjectNew,
        &[
            "new $C; pop; sconst_0; sreturn",
            "new $I; pop; sconst_0; sreturn",
        ],
    );
    keeps(&["new $A; pop; sconst_0; sreturn"]);
}

#[test]
fn object_init() {
    breaks(
        Rule::ObjectInit,
        &[
            "new $A; ifnull x; x:; sconst_0; sreturn",
            "new $A; sconst_1; invokevirtual $A.m; sreturn",
            "new $A; getfield_s $f1; sreturn",
            "new $A; dup; dup; invokespecial $A.<init>; invokespecial $A.<init>; pop; sconst_0; sreturn",
            "aload_2; invokespecial $A.<init>; sconst_0; sreturn",
            "new $A; putstatic_a $s1; sconst_0; sreturn",
            "aload_2; new $A; putfield_a $f0; sconst_0; sreturn",
        ],
    );
    // A constructor of one object does not initialise an older one of the same instruction.
    let program = "sconst_0; sstore 4; aconst_null; astore 5; x:; new $A; aload 5; pop; astore 5; sload_1; ifeq x; sconst_0; sreturn";
    breaks(Rule::LocalType, &[program]);
    assert_eq!(
        broken(&constructor(
            "aload_0; getfield_s $f1; pop; aload_0; invokespecial $A.<init>; return"
        )),
        [Rule::ObjectInit]
    );
    keeps(&[
        "aconst_null; x:; pop; new $A; goto x",
        "new $A; dup; invokespecial $A.<init>; ifnull x; x:; sconst_0; sreturn",
        "new $A; dup; astore 4; invokespecial $A.<init>; aload 4; sconst_1; invokevirtual $A.m; sreturn",
    ]);
}

#[test]
fn constructor_super() {
    assert_eq!(broken(&constructor("return")), [Rule::ConstructorSuper]);
    let one_path = "sconst_0; ifeq x; aload_0; invokespecial $A.<init>; x:; return";
    assert_eq!(broken(&constructor(one_path)), [Rule::ConstructorSuper]);
    assert_eq!(
        broken(&constructor("aload_0; invokespecial $A.<init>; return")),
        []
    );
    assert_eq!(
        broken(&constructor("aload_0; invokespecial $B.<init>; return")),
        [],
        "this() will do"
    );
    let both = "sconst_0; ifeq x; aload_0; invokespecial $A.<init>; return; x:; aload_0; invokespecial $A.<init>; return";
    assert_eq!(broken(&constructor(both)), []);
}

#[test]
fn constructor_class() {
    assert_eq!(
        broken(&constructor(
            "aload_0; invokespecial $Object.<init>; return"
        )),
        [Rule::ConstructorClass]
    );
    breaks(
        Rule::ConstructorClass,
        &[
            "new $B; invokespecial $A.<init>; sconst_0; sreturn",
            "new $A; invokespecial $B.<init>; sconst_0; sreturn",
        ],
    );
    keeps(&["new $B; invokespecial $B.<init>; sconst_0; sreturn"]);
}

#[test]
fn invoke_kind() {
    breaks(
        Rule::InvokeKind,
        &[
            "iconst_0; invokespecial $T.wide; pop2; sconst_0; sreturn",
            "aload_2; invokestatic $A.q; sconst_0; sreturn",
            "new $A; invokestatic $A.<init>; sconst_0; sreturn",
        ],
    );
    keeps(&["iconst_0; invokestatic $T.wide; pop2; sconst_0; sreturn"]);
}

#[test]
fn invoke_super() {
    breaks(
        Rule::InvokeSuper,
        &["aload_2; sconst_0; invokespecial $super.m; sreturn"],
    );
    let own =
        "aload_0; invokespecial $A.<init>; aload_0; sconst_1; invokespecial $super.m; pop; return";
    assert_eq!(broken(&constructor(own)), []);
}

#[test]
fn invoke_arguments() {
    breaks(
        Rule::InvokeArguments,
        &[
            "aload_3; sconst_0; invokevirtual $A.m; sreturn",
            "aload_2; aload_0; invokevirtual $A.m; sreturn",
            "sconst_0; sconst_0; invokevirtual $A.m; sreturn",
            "aload_0; invokevirtual $A.p; sconst_0; sreturn",
            "sconst_0; invokestatic $T.wide; pop2; sconst_0; sreturn",
            "aload_3; sconst_0; invokeinterface 2 $I 0; sreturn",
            "sload_1; ifeq x; aload_2; goto y; x:; aload_0; y:; sconst_1; invokeinterface 2 $I 0; sreturn",
        ],
    );
    keeps(&[
        "aload_2; sconst_0; invokevirtual $A.m; sreturn",
        "aconst_null; sconst_0; invokevirtual $A.m; sreturn",
        "aload_3; checkcast 0 $A; sconst_0; invokevirtual $A.m; sreturn",
        "sload_1; ifeq x; aload_2; goto y; x:; new $B; dup; invokespecial $B.<init>; y:; sconst_1; invokevirtual $A.m; sreturn",
        "sload_1; ifeq x; aload_2; goto y; x:; aconst_null; y:; sconst_1; invokeinterface 2 $I 0; sreturn",
        "sload_1; ifeq x; aload_2; goto y; x:; aload_3; checkcast 0 $I; y:; sconst_1; invokeinterface 2 $I 0; sreturn",
    ]);
}

#[test]
fn invoke_interface() {
    breaks(
        Rule::InvokeInterface,
        &[
            "aload_2; sconst_0; invokeinterface 3 $I 0; sreturn",
            "aload_2; sconst_0; invokeinterface 2 $I 1; sreturn",
            "aload_2; sconst_0; invokeinterface 2 $A 1; sreturn",
        ],
    );
    keeps(&["aload_2; sconst_0; invokeinterface 2 $I 0; sreturn"]);
}

#[test]
fn invoke_access() {
    breaks(
        Rule::InvokeAccess,
        &["aload_2; invokespecial $A.q; sconst_0; sreturn"],
    );
    keeps(&["aload_2; invokevirtual $A.p; sconst_0; sreturn"]);
}

#[test]
fn field_kind() {
    breaks(
        Rule::FieldKind,
        &[
            "aload_2; getfield_s $f2; sreturn",
            "aload_2; getfield_a $f1; pop; sconst_0; sreturn",
            "aload_3; getfield_s $f1; sreturn",
            "aload_2; sconst_0; putfield_a $f0; sconst_0; sreturn",
            "aload_3; putstatic_a $s0; sconst_0; sreturn",
            "getstatic_b $s2; sreturn",
        ],
    );
    keeps(&[
        "aload_2; getfield_b $f2; sreturn",
        "aload_2; aload_0; putfield_a $f0; sconst_0; sreturn",
        "aload_0; putstatic_a $s0; sconst_0; sreturn",
        "aload_2; getfield_i_w $f4; i2s; sreturn",
    ]);
}

#[test]
fn field_this() {
    let after = |code: &str| constructor(&format!("aload_0; invokespecial $A.<init>; {code}"));
    breaks(Rule::FieldThis, &["getfield_s_this $f1; sreturn"]);
    let wrong = after("aconst_null; astore_0; getfield_s_this $f1; pop; return");
    assert_eq!(broken(&wrong), [Rule::FieldThis]);
    assert_eq!(
        broken(&after("getfield_s_this $f1; putfield_s_this $f1; return")),
        []
    );
}

#[test]
fn field_access() {
    breaks(
        Rule::FieldAccess,
        &[
            "aload_2; getfield_s $f3; sreturn",
            "aload_2; sconst_0; putfield_s $f3; sconst_0; sreturn",
        ],
    );
    keeps(&["aload_2; getfield_s $f1; sreturn"]);
}

#[test]
fn array_type() {
    breaks(
        Rule::ArrayType,
        &[
            "aload_0; sconst_0; saload; sreturn",
            "aload_0; sconst_0; sconst_1; sastore; sconst_0; sreturn",
            "aload_0; sconst_0; aaload; pop; sconst_0; sreturn",
            "aload_3; arraylength; sreturn",
            "aload_0; sconst_0; iaload; i2s; sreturn",
            "aload_3; sconst_0; baload; sreturn",
        ],
    );
    keeps(&[
        "aload_0; sconst_0; baload; sreturn",
        "sconst_2; newarray 10; sconst_0; baload; sreturn",
        "sconst_2; anewarray $A; sconst_0; aaload; sconst_1; invokevirtual $A.m; sreturn",
        "aload_3; checkcast 12 0; sconst_0; saload; sreturn",
        "aload_3; checkcast 14 $A; arraylength; sreturn",
        "aconst_null; arraylength; sreturn",
    ]);
}

#[test]
fn return_type() {
    breaks(
        Rule::ReturnType,
        &[
            "aload_0; areturn",
            "return",
            "iconst_0; ireturn",
            "aload_0; sreturn",
        ],
    );
    keeps(&[END]);
}

#[test]
fn throw_type() {
    breaks(Rule::ThrowType, &["aload_2; athrow"]);
    keeps(&["aconst_null; athrow"]);
    let caught = Sample {
        handlers: vec![(0, 2, 2, Some("ISOException"))],
        ..test("sconst_0; sreturn; athrow")
    };
    assert_eq!(broken(&caught), []);
}

#[test]
fn subroutine() {
    breaks(
        Rule::Subroutine,
        &[
            "ret 1",
            "s:; jsr s; sconst_0; sreturn",
            "jsr s; ret 4; s:; astore 4; ret 4",
            "sload_1; ifeq x; jsr s; x:; jsr s; sconst_0; sreturn; s:; astore 4; sload_1; ifeq t; ret 5; t:; ret 4",
        ],
    );
    keeps(&[
        "jsr s; sconst_0; sreturn; s:; astore 4; ret 4",
        "sconst_1; sstore 5; jsr s; sload 5; sreturn; s:; astore 4; ret 4",
        "jsr s; jsr t; sconst_0; sreturn; s:; astore 4; jsr t; ret 4; t:; astore 6; ret 6",
    ]);
    // An exception leaves the subroutine, which is then called again.
    let left = Sample {
        handlers: vec![(5, 11, 11, None)],
        ..test("x:; jsr s; goto x; s:; astore 4; sload_1; pop; ret 4; pop; goto x")
    };
    assert_eq!(broken(&left), []);
    // A handler of the subroutine itself returns from it.
    let caught = Sample {
        handlers: vec![(8, 10, 12, None)],
        ..test("jsr s; sconst_0; sreturn; nop; s:; astore 4; sload_1; pop; ret 4; pop; ret 4")
    };
    assert_eq!(broken(&caught), []);
}
