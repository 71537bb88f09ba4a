//! A package with a bit of everything, as Java would have it:
//!
//! ```java
//! interface I extends Shareable { short m(short x); }                                  // class_0
//! class A implements I { Object f0; short f1; byte f2; private short f3; int f4;       // class_1
//!     A() {} public short m(short x) {…} void p() {} private void q() {} }
//! class B extends A { B() { super(); } }                                               // class_2
//! abstract class C extends A { abstract void r(); }                                    // class_3
//! public class T extends Applet { static byte[] s0 = {1, 2}; static Object s1; static short s2; static byte s3 = 5;
//!     T() {…} public static void install(byte[] b, short o, byte l) {…} public void process(APDU a) {}
//!     static short test(byte[] a, short b, A c, Object d) {…} static int wide(int x) {…} }   // class_4
//! ```

use cap_file::CapFile;
use cap_file::asm::assemble_code;
use cap_file::component::applet::{AppletComponent, AppletInfo};
use cap_file::component::class::{ClassInfo, ImplementedInterface, InterfaceInfo};
use cap_file::component::common::DescribedType::{self, *};
use cap_file::component::constant_pool::{Constant, StaticRef};
use cap_file::component::descriptor::{
    ClassDescriptor, Descriptor, FieldDescriptor, FieldLocation, MethodDescriptor, access::*,
};
use cap_file::component::export::{ClassExport, Export};
use cap_file::component::header::Header;
use cap_file::component::method::{ExceptionHandler, MethodHeader};
use cap_file::component::static_field::{ArrayInit, StaticFieldComponent};
use cap_file::component::{Aid, ClassRef, PackageInfo, TypeDescriptor, Version};

/// Offsets of the classes: the interface has 3 bytes, the classes follow.
pub(crate) const I: ClassRef = ClassRef::Internal(0);
pub(crate) const A: ClassRef = ClassRef::Internal(3);
pub(crate) const B: ClassRef = ClassRef::Internal(24);
pub(crate) const C: ClassRef = ClassRef::Internal(38);
pub(crate) const T: ClassRef = ClassRef::Internal(54);
pub(crate) const OBJECT: ClassRef = ClassRef::External {
    package: 0,
    class: 0,
};
pub(crate) const APPLET: ClassRef = ClassRef::External {
    package: 1,
    class: 3,
};
pub(crate) const APDU: ClassRef = ClassRef::External {
    package: 1,
    class: 10,
};
pub(crate) const SHAREABLE: ClassRef = ClassRef::External {
    package: 1,
    class: 2,
};
const EXCEPTION: ClassRef = ClassRef::External {
    package: 1,
    class: 7,
};

/// The names of the constants, in the code of the tests.
const CONSTANTS: [&str; 27] = [
    "A",
    "B",
    "C",
    "I",
    "Object",
    "ISOException",
    "f0",
    "f1",
    "f2",
    "f3",
    "f4",
    "A.m",
    "A.p",
    "super.m",
    "s0",
    "s1",
    "s2",
    "s3",
    "A.<init>",
    "B.<init>",
    "A.q",
    "T.wide",
    "Object.<init>",
    "Applet.<init>",
    "getBuffer",
    "throwIt",
    "APDU",
];

/// The constant with this name.
pub(crate) fn constant(name: &str) -> u16 {
    let index = CONSTANTS
        .iter()
        .position(|constant| *constant == name)
        .expect(name);
    u16::try_from(index).unwrap()
}

/// Code with `$NAME` for constants.
pub(crate) fn code(text: &str) -> Vec<u8> {
    let words = |line: &str| {
        let words = line
            .split_whitespace()
            .map(|word| match word.strip_prefix('$') {
                Some(name) => constant(name).to_string(),
                None => word.to_owned(),
            });
        words.collect::<Vec<_>>().join(" ")
    };
    let lines: Vec<String> = text.replace("; ", "\n").lines().map(words).collect();
    assemble_code(&lines.join("\n"), 1).expect("the test's code")
}

/// A method of the sample.
pub(crate) struct Body {
    class: ClassRef,
    token: u8,
    access: u8,
    types: Vec<DescribedType>,
    header: MethodHeader,
    code: Vec<u8>,
}

/// The sample with its parts still open.
pub(crate) struct Sample {
    pub(crate) test: String,
    pub(crate) test_stack: u8,
    pub(crate) test_locals: u8,
    pub(crate) constructor: String,
    /// Instead of the applet T is exported, and s0 starts as null.
    pub(crate) library: bool,
    /// Handlers of `test`: start, end and handler as offsets in its code, and a constant.
    pub(crate) handlers: Vec<(u16, u16, u16, Option<&'static str>)>,
}

impl Default for Sample {
    fn default() -> Self {
        Self {
            test: "sconst_0; sreturn".to_owned(),
            test_stack: 8,
            test_locals: 4,
            constructor: "aload_0; invokespecial $A.<init>; return".to_owned(),
            library: false,
            handlers: Vec::new(),
        }
    }
}

impl Sample {
    fn bodies(&self) -> Vec<Body> {
        let body = |class, token, access, types: &[DescribedType], stack, locals, text: &str| {
            let is_static = access & ACC_STATIC != 0;
            let arguments = types.split_last().unwrap().1;
            let words: u8 = arguments.iter().map(|argument| argument.words()).sum();
            let header = MethodHeader::new(stack, words + u8::from(!is_static), locals);
            Body {
                class,
                token,
                access,
                types: types.to_vec(),
                header,
                code: code(text),
            }
        };
        let mut r = body(C, 0x81, ACC_ABSTRACT_METHOD, &[Void], 0, 0, "");
        r.header = MethodHeader {
            flags: MethodHeader::ACC_ABSTRACT,
            max_stack: 0,
            nargs: 1,
            max_locals: 0,
        };
        vec![
            body(
                A,
                0xff,
                ACC_INIT,
                &[Void],
                1,
                0,
                "aload_0; invokespecial $Object.<init>; return",
            ),
            body(
                A,
                1,
                ACC_PUBLIC,
                &[Short, Short],
                2,
                0,
                "sload_1; getfield_s_this $f1; sadd; sreturn",
            ),
            body(
                A,
                0x80,
                0,
                &[Void],
                1,
                0,
                "aload_0; invokespecial $A.q; return",
            ),
            body(A, 0xff, ACC_PRIVATE, &[Void], 0, 0, "return"),
            body(B, 0xff, ACC_INIT, &[Void], 4, 2, &self.constructor),
            body(
                C,
                0xff,
                ACC_INIT,
                &[Void],
                1,
                0,
                "aload_0; invokespecial $A.<init>; return",
            ),
            r,
            body(
                T,
                0xff,
                ACC_INIT,
                &[Void],
                1,
                0,
                "aload_0; invokespecial $Applet.<init>; return",
            ),
            body(
                T,
                1,
                ACC_PUBLIC | ACC_STATIC,
                &[ByteArray, Short, Byte, Void],
                0,
                0,
                "return",
            ),
            body(
                T,
                7,
                ACC_PUBLIC,
                &[Reference(APDU), Void],
                1,
                0,
                "aload_1; invokevirtual $getBuffer; pop; return",
            ),
            body(
                T,
                0xff,
                ACC_STATIC,
                &[ByteArray, Short, Reference(A), Reference(OBJECT), Short],
                self.test_stack,
                self.test_locals,
                &self.test,
            ),
            body(
                T,
                0xff,
                ACC_STATIC,
                &[Int, Int],
                4,
                0,
                "iload_0; iconst_1; iadd; ireturn",
            ),
        ]
    }

    /// The package.
    pub(crate) fn build(&self) -> CapFile {
        let mut cap = CapFile {
            archive_path: "sample".to_owned(),
            ..CapFile::default()
        };
        cap.header = Header {
            format: Version::new(2, 1),
            flags: Header::ACC_INT
                | if self.library {
                    Header::ACC_EXPORT
                } else {
                    Header::ACC_APPLET
                },
            package: PackageInfo {
                version: Version::new(1, 0),
                aid: Aid(vec![0xf0, 1, 2, 3, 4]),
            },
            package_name: None,
            public_packages: Vec::new(),
        };
        let api = |digits: &[u8], version| PackageInfo {
            version,
            aid: digits.into(),
        };
        cap.import.packages = vec![
            api(&[0xa0, 0, 0, 0, 0x62, 0, 1], Version::new(1, 0)),
            api(&[0xa0, 0, 0, 0, 0x62, 1, 1], Version::new(1, 5)),
        ];
        let offsets = self.methods(&mut cap);
        classes(&mut cap, &offsets);
        constants(&mut cap, &offsets);
        cap.applet = Some(AppletComponent {
            applets: vec![AppletInfo {
                aid: Aid(vec![0xf0, 1, 2, 3, 4, 1]),
                install_method_offset: offsets[8],
            }],
        });
        cap.static_field = StaticFieldComponent {
            image_size: 7,
            reference_count: 2,
            array_init: vec![ArrayInit {
                element_type: 3,
                values: vec![1, 2],
            }],
            default_value_count: 2,
            non_default_values: vec![5],
        };
        if self.library {
            cap.applet = None;
            cap.static_field.array_init.clear();
            cap.export = Some(export(&offsets));
        }
        // Only what is visible is exported: the first static token of T is its constructor.
        self.descriptor(&mut cap, &offsets);
        locate(&mut cap);
        cap.update_directory().unwrap();
        cap
    }

    fn methods(&self, cap: &mut CapFile) -> Vec<u32> {
        let empty = ExceptionHandler {
            start_offset: 0,
            stop: true,
            active_length: 0,
            handler_offset: 0,
            catch_type_index: 0,
        };
        cap.method.exception_handlers = vec![empty; self.handlers.len()];
        let bodies = self.bodies();
        let offsets: Vec<u32> = bodies
            .iter()
            .map(|body| cap.method.push(&body.header, &body.code).unwrap().into())
            .collect();
        let base = u16::try_from(offsets[10]).unwrap() + bodies[10].header.size();
        for (index, (start, end, target, caught)) in self.handlers.iter().enumerate() {
            let later = &self.handlers[index + 1..];
            cap.method.exception_handlers[index] = ExceptionHandler {
                start_offset: base + start,
                stop: !later
                    .iter()
                    .any(|(from, to, ..)| from <= start && to >= end),
                active_length: end - start,
                handler_offset: base + target,
                catch_type_index: caught.map_or(0, constant),
            };
        }
        offsets
    }

    fn descriptor(&self, cap: &mut CapFile, offsets: &[u32]) {
        let mut descriptor = Descriptor::default();
        let types = &mut descriptor.types;
        types.constant_pool_types = vec![0xffff; cap.constant_pool.entries.len()];
        let mut of = |types_of: &[DescribedType]| {
            types
                .intern(&TypeDescriptor::from_types(types_of).unwrap())
                .unwrap()
        };
        let mut methods = Vec::new();
        for (body, offset) in self.bodies().iter().zip(offsets) {
            let is_test = *offset == offsets[10];
            let token = if body.class == T && body.access & ACC_INIT != 0 {
                0
            } else {
                body.token
            };
            let access = if body.class == T && body.access & ACC_INIT != 0 {
                body.access | ACC_PUBLIC
            } else {
                body.access
            };
            methods.push((
                body.class,
                MethodDescriptor {
                    token,
                    access_flags: access,
                    method_offset: *offset,
                    type_offset: of(&body.types),
                    bytecode_count: u16::try_from(body.code.len()).unwrap(),
                    exception_handler_count: if is_test {
                        u16::try_from(self.handlers.len()).unwrap()
                    } else {
                        0
                    },
                    exception_handler_index: 0,
                },
            ));
        }
        let m = of(&[Short, Short]);
        methods.push((
            I,
            MethodDescriptor {
                token: 0,
                access_flags: ACC_PUBLIC | ACC_ABSTRACT_METHOD,
                method_offset: 0,
                type_offset: m,
                bytecode_count: 0,
                exception_handler_count: 0,
                exception_handler_index: 0,
            },
        ));
        let (object, bytes) = (of(&[Reference(OBJECT)]), of(&[ByteArray]));
        let instance = |token, access, field_type| FieldDescriptor {
            token,
            access_flags: access,
            location: FieldLocation::Instance { class: A, token },
            field_type,
        };
        let fixed = |offset, field_type| FieldDescriptor {
            token: 0xff,
            access_flags: ACC_STATIC,
            location: FieldLocation::Static(StaticRef::Internal(offset)),
            field_type,
        };
        let constant_types: [(&str, Vec<DescribedType>); 20] = [
            ("f0", vec![Reference(OBJECT)]),
            ("f1", vec![Short]),
            ("f2", vec![Byte]),
            ("f3", vec![Short]),
            ("f4", vec![Int]),
            ("A.m", vec![Short, Short]),
            ("A.p", vec![Void]),
            ("super.m", vec![Short, Short]),
            ("s0", vec![ByteArray]),
            ("s1", vec![Reference(OBJECT)]),
            ("s2", vec![Short]),
            ("s3", vec![Byte]),
            ("A.<init>", vec![Void]),
            ("B.<init>", vec![Void]),
            ("A.q", vec![Void]),
            ("T.wide", vec![Int, Int]),
            ("Object.<init>", vec![Void]),
            ("Applet.<init>", vec![Void]),
            ("getBuffer", vec![ByteArray]),
            ("throwIt", vec![Short, Void]),
        ];
        let constant_types: Vec<(u16, u16)> = constant_types
            .iter()
            .map(|(name, types)| (constant(name), of(types)))
            .collect();
        for (index, offset) in constant_types {
            descriptor.types.constant_pool_types[usize::from(index)] = offset;
        }
        let class = |this_class,
                     token,
                     access_flags,
                     interfaces: &[ClassRef],
                     fields: &[FieldDescriptor]| ClassDescriptor {
            token,
            access_flags,
            this_class,
            interfaces: interfaces.to_vec(),
            fields: fields.to_vec(),
            methods: methods
                .iter()
                .filter(|(owner, _)| *owner == this_class)
                .map(|(_, method)| *method)
                .collect(),
        };
        descriptor.classes = vec![
            class(I, 0xff, ACC_INTERFACE | ACC_ABSTRACT_CLASS, &[], &[]),
            class(
                A,
                0xff,
                0,
                &[I, SHAREABLE],
                &[
                    instance(0, 0, object),
                    instance(1, 0, 0x8004),
                    instance(2, 0, 0x8003),
                    instance(3, ACC_PRIVATE, 0x8004),
                    instance(4, 0, 0x8005),
                ],
            ),
            class(B, 0xff, 0, &[], &[]),
            class(C, 0xff, ACC_ABSTRACT_CLASS, &[], &[]),
            class(
                T,
                0,
                ACC_PUBLIC,
                &[],
                &[
                    fixed(0, bytes),
                    fixed(2, object),
                    fixed(4, 0x8004),
                    fixed(6, 0x8003),
                ],
            ),
        ];
        cap.descriptor = Some(descriptor);
    }
}

const T_OFFSET: u16 = 54;

/// T with its constructor and its install method.
pub(crate) fn export(offsets: &[u32]) -> Export {
    Export {
        classes: vec![ClassExport {
            class_offset: T_OFFSET,
            static_field_offsets: vec![],
            static_method_offsets: vec![offsets[7], offsets[8]],
        }],
        ..Export::default()
    }
}

fn classes(cap: &mut CapFile, offsets: &[u32]) {
    cap.class.interfaces = vec![InterfaceInfo {
        flags: ClassInfo::ACC_INTERFACE | ClassInfo::ACC_SHAREABLE,
        superinterfaces: vec![SHAREABLE],
        remote_name: None,
    }];
    let class = |super_class, public: &[u32], package_base, package: &[u32]| ClassInfo {
        flags: ClassInfo::ACC_SHAREABLE,
        super_class: Some(super_class),
        first_reference_token: 0xff,
        public_method_table_base: 1,
        public_virtual_methods: public.to_vec(),
        package_method_table_base: package_base,
        package_virtual_methods: package.to_vec(),
        ..ClassInfo::default()
    };
    let mut a = class(OBJECT, &[offsets[1]], 0, &[offsets[2]]);
    a.declared_instance_size = 6;
    a.first_reference_token = 0;
    a.reference_count = 1;
    a.interfaces = vec![
        ImplementedInterface {
            interface: I,
            methods: vec![1],
        },
        ImplementedInterface {
            interface: SHAREABLE,
            methods: vec![],
        },
    ];
    let b = class(A, &[offsets[1]], 0, &[offsets[2]]);
    let c = class(A, &[offsets[1]], 0, &[offsets[2], offsets[6]]);
    let mut t = class(APPLET, &[offsets[9]], 0, &[]);
    t.flags = 0;
    t.public_method_table_base = 7;
    cap.class.classes = vec![a, b, c, t];
    let found: Vec<u16> = cap.class.entries().map(|(offset, _)| offset).collect();
    assert_eq!(
        found
            .iter()
            .map(|offset| ClassRef::Internal(*offset))
            .collect::<Vec<_>>(),
        [I, A, B, C, T]
    );
}

fn constants(cap: &mut CapFile, offsets: &[u32]) {
    let field = |token| Constant::InstanceField { class: A, token };
    let own = |offset| Constant::StaticMethod(StaticRef::Internal(offset));
    let api = |package, class, token| {
        Constant::StaticMethod(StaticRef::External {
            package,
            class,
            token,
        })
    };
    let fixed = |offset| Constant::StaticField(StaticRef::Internal(offset));
    cap.constant_pool.entries = vec![
        Constant::Class(A),
        Constant::Class(B),
        Constant::Class(C),
        Constant::Class(I),
        Constant::Class(OBJECT),
        Constant::Class(EXCEPTION),
        field(0),
        field(1),
        field(2),
        field(3),
        field(4),
        Constant::VirtualMethod { class: A, token: 1 },
        Constant::VirtualMethod {
            class: A,
            token: 0x80,
        },
        Constant::SuperMethod { class: B, token: 1 },
        fixed(0),
        fixed(2),
        fixed(4),
        fixed(6),
        own(offsets[0]),
        own(offsets[4]),
        own(offsets[3]),
        own(offsets[11]),
        api(0, 0, 0),
        api(1, 3, 0),
        Constant::VirtualMethod {
            class: APDU,
            token: 1,
        },
        api(1, 7, 1),
        Constant::Class(APDU),
    ];
}

/// Fills in the Reference Location component.
pub(crate) fn locate(cap: &mut CapFile) {
    cap.reference_location = cap_file::locate::locate(cap).expect("the sample's code");
}
