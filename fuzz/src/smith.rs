//! Random well-typed packages: whatever the choices are, the package verifies.
//!
//! Each package has an interface, an applet class that implements it, a class below `Object`, static fields of
//! three types, and four static methods with random bodies: nested branches, bounded loops, switches, handlers,
//! subroutines, calls, arrays, `int`, objects under construction. A body is written as text for the assembler. Every
//! local variable keeps its type from beginning to end, and every statement leaves the stack as it finds it, so paths
//! join.

mod body;

use crate::Choices;
use body::Body;
use cap_file::{CapFile, Exports, asm};
use std::fmt::Write;

/// Random methods in a package; the applet calls the one that P1 names.
pub(crate) const METHODS: usize = 4;

/// Random methods in the first block of an extended file that has two.
const IN_FIRST_BLOCK: usize = METHODS / 2;

/// How the package is laid out in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// Format 2.1.
    Old,
    /// Format 2.3, compact.
    Compact,
    /// Format 2.3, extended.
    Extended {
        /// The last random methods are in a second block of methods.
        two_blocks: bool,
        /// The class below `Object` is in a package of its own.
        two_packages: bool,
    },
}

impl Form {
    fn choose(choices: &mut Choices<'_>) -> Self {
        match choices.below(8) {
            0..=2 => Self::Old,
            3 => Self::Compact,
            number => Self::Extended {
                two_blocks: number & 1 != 0,
                two_packages: number & 2 != 0,
            },
        }
    }

    const fn is_extended(self) -> bool {
        matches!(self, Self::Extended { .. })
    }

    const fn has_two_blocks(self) -> bool {
        matches!(
            self,
            Self::Extended {
                two_blocks: true,
                ..
            }
        )
    }

    const fn has_two_packages(self) -> bool {
        matches!(
            self,
            Self::Extended {
                two_packages: true,
                ..
            }
        )
    }

    /// The block of a random method.
    const fn block(self, method: usize) -> usize {
        if self.has_two_blocks() && method >= IN_FIRST_BLOCK {
            1
        } else {
            0
        }
    }

    /// The line of a class that says which of its tokens are the superclass's.
    fn mapping(self, tokens: &str) -> String {
        if self == Self::Old {
            String::new()
        } else {
            format!("  token-mapping {tokens}\n")
        }
    }

    fn head(self) -> &'static str {
        match self {
            Self::Old => "cap 2.1\npath smith\npackage F0534D495448 1.0 flags 5\n",
            Self::Compact => "cap 2.3\npath smith\npackage F0534D495448 1.0 flags 5\nname smith\n",
            Self::Extended { .. } => "cap 2.3\npath smith\npackage F0534D495448 1.0 flags 13\n",
        }
    }
}

/// The methods before the random ones: two constructors, `install`, `process` and `call`.
const FIXED: usize = 5;

/// A package from choices.
///
/// # Panics
/// If what it writes is no text of a package, which would be a fault of this generator.
#[must_use]
pub fn smith(choices: &mut Choices<'_>) -> CapFile {
    let form = Form::choose(choices);
    let bodies: Vec<Body> = (0..METHODS)
        .map(|method| Body::new(choices, method))
        .collect();
    let text = package(&bodies, form);
    match asm::assemble(&text, &Exports::builtin()) {
        Ok(cap) => cap,
        Err(error) => panic!("{error}\n{text}"),
    }
}

fn package(bodies: &[Body], form: Form) -> String {
    let mut text = form.head().to_owned();
    text.push_str(
        "import A0000000620001 1.0
import A0000000620101 1.5
applets
  applet F0534D49544801 method_1
constants
  ref: field class_1 0
  short: field class_1 1
  byte: field class_1 2
  int: field class_1 3
  own: class class_1
  node: class class_2
  face: class class_0
  object: class java/lang/Object
  exception: class java/lang/Exception
  iso: class javacard/framework/ISOException
  own_init: static-method method_0
  node_init: static-method method_4
  applet_init: static-method javacard/framework/Applet <init>()V
  object_init: static-method java/lang/Object <init>()V
  register: virtual javacard/framework/Applet register()V
  buffer: virtual javacard/framework/APDU getBuffer()[B
  equals: virtual java/lang/Object equals(Ljava/lang/Object;)Z
  call: virtual class_1 8
  throw: static-method javacard/framework/ISOException throwIt(S)V
  make_short: static-method javacard/framework/Util makeShort(BB)S
  s_object: static-field @0
  s_short: static-field @2
  s_byte: static-field @4
  node_ref: field class_2 0
",
    );
    for method in 0..METHODS {
        let _ = writeln!(text, "  m{method}: static-method method_{}", FIXED + method);
    }
    if form != Form::Old {
        text.push_str("signatures\n");
    }
    text.push_str(
        "interface class_0 flags 8
class class_1 flags 0
  extends javacard/framework/Applet
  fields size 5 first-reference 0 references 1
  public-methods 7
    method method_2
    method method_3
  package-methods 0
  implements class_0 08
",
    );
    text.push_str(&form.mapping("0001020304050607FF 9"));
    text.push_str(
        "class class_2 flags 0
  extends java/lang/Object
  fields size 1 first-reference 0 references 1
  public-methods 1
  package-methods 0
",
    );
    text.push_str(&form.mapping("00 1"));
    block(&mut text, bodies, form, 0);
    text.push_str(
        "method method_0 flags 0 stack 3 args 1 locals 0
    aload_0
    invokespecial $applet_init
    aload_0
    invokevirtual $register
    return
method method_1 flags 0 stack 2 args 3 locals 0
    new $own
    dup
    invokespecial $own_init
    pop
    return
method method_2 flags 0 stack 4 args 2 locals 1
    aload_1
    invokevirtual $buffer
    astore_2
    aload_2
    sconst_2
    baload
",
    );
    let keys: Vec<String> = (0..METHODS)
        .map(|method| format!("{method}=M{method}"))
        .collect();
    let _ = writeln!(text, "    slookupswitch END {}", keys.join(" "));
    for method in 0..METHODS {
        let _ = write!(
            text,
            "M{method}:
    aload_2
    sconst_5
    baload
    aload_2
    aload_0
    invokestatic $m{method}
    putstatic_s $s_short
    goto END
"
        );
    }
    text.push_str(
        "END:
    return
method method_3 flags 0 stack 2 args 2 locals 0
    sload_1
    getfield_s_this $short
    sadd
    sreturn
method method_4 flags 0 stack 2 args 2 locals 0
    aload_0
    invokespecial $object_init
    aload_0
    aload_1
    putfield_a $node_ref
    return
",
    );
    for (method, body) in bodies.iter().enumerate() {
        if form.block(method) == 1 && form.block(method - 1) == 0 {
            block(&mut text, bodies, form, 1);
        }
        let _ = writeln!(
            text,
            "method method_{} flags 8 stack {} args 3 locals {}",
            FIXED + method,
            Body::STACK,
            Body::LOCALS
        );
        text.push_str(&body.text);
    }
    descriptor(&mut text, bodies, form);
    text
}

/// The head of a block of methods: the handlers of its methods, in the order of their code.
fn block(text: &mut String, bodies: &[Body], form: Form, number: usize) {
    if form.is_extended() {
        text.push_str("block\n");
    }
    let bodies = bodies.iter().enumerate();
    let mut bodies = bodies
        .filter(|(method, body)| form.block(*method) == number && !body.handlers.is_empty())
        .peekable();
    if bodies.peek().is_some() {
        text.push_str("handlers\n");
    }
    for (method, body) in bodies {
        for (index, (start, end, target, caught)) in body.handlers.iter().enumerate() {
            let mut later = body.handlers.iter().skip(index + 1);
            let enclosed = later.any(|(from, to, ..)| from <= start && to >= end);
            let stop = if enclosed { "go-on" } else { "stop" };
            let number = FIXED + method;
            let _ = writeln!(
                text,
                "  handler method_{number} {start} {end} {target} {caught} {stop}"
            );
        }
    }
}

fn descriptor(text: &mut String, bodies: &[Body], form: Form) {
    text.push_str(
        "statics image 5 references 1 defaults 2
  values 07
descriptor
",
    );
    if form.is_extended() {
        text.push_str("  package\n");
    }
    text.push_str(
        "  class class_0 token 255 access 192
    method token 0 access 65 - type_4
  class class_1 token 0 access 1
    implements class_0
    field token 0 access 0 instance class_1 0 type_6
    field token 1 access 0 instance class_1 1 short
    field token 2 access 0 instance class_1 2 byte
    field token 3 access 0 instance class_1 3 int
    field token 255 access 8 static @0 type_6
    field token 255 access 8 static @2 short
    field token 255 access 8 static @4 byte
    method token 255 access 128 method_0 type_0
    method token 0 access 9 method_1 type_1
    method token 7 access 1 method_2 type_2
    method token 8 access 1 method_3 type_4
",
    );
    let mut first = 0;
    for (method, body) in bodies.iter().enumerate() {
        if method > 0 && form.block(method) != form.block(method - 1) {
            first = 0;
        }
        let count = body.handlers.len();
        let handlers = if count == 0 {
            String::new()
        } else {
            format!(" handlers {first} {count}")
        };
        first += count;
        let _ = writeln!(
            text,
            "    method token 255 access 8 method_{} type_3{handlers}",
            FIXED + method
        );
    }
    let (token, access, constructor) = if form.has_two_packages() {
        text.push_str("  package\n");
        (0, 1, 129)
    } else {
        (255, 0, 128)
    };
    let _ = write!(
        text,
        "  class class_2 token {token} access {access}
    field token 0 access 0 instance class_2 0 type_6
    method token {token} access {constructor} method_4 type_5
"
    );
    text.push_str(
        "  types
    type V
    type [BSBV
    type Ljavacard/framework/APDU;V
    type S[BLclass_1;S
    type SS
    type Ljava/lang/Object;V
    type Ljava/lang/Object;
    type [B
    type Ljava/lang/Object;Z
    type SV
    type BBS
    type S
    type B
    type I
  constant-types
    type_6
    type_11
    type_12
    type_13
    -
    -
    -
    -
    -
    -
    type_0
    type_5
    type_0
    type_0
    type_0
    type_7
    type_8
    type_4
    type_9
    type_10
    type_6
    type_11
    type_12
    type_6
",
    );
    for _ in bodies {
        text.push_str("    type_3\n");
    }
}
