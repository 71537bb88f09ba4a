//! Packages of any size with code as compilers write it: branches, loops, switches, calls, joins of classes, `int`
//! arithmetic, handlers.

use cap_file::CapFile;
use cap_file::asm::assemble_code;
use cap_file::component::class::{ClassInfo, TokenMapping};
use cap_file::component::common::DescribedType::{self, ByteArray, Reference, Short, Void};
use cap_file::component::constant_pool::{Constant, StaticRef};
use cap_file::component::descriptor::{
    ClassDescriptor, Descriptor, FieldDescriptor, FieldLocation, MethodDescriptor, access,
};
use cap_file::component::header::Header;
use cap_file::component::method::{ExceptionHandler, MethodBlock, MethodHeader};
use cap_file::component::{
    Aid, ClassRef, CodeOffset, PackageInfo, TypeDescriptor, Version, code_offset,
};

/// Bytes of methods in a block of an extended file.
const BLOCK: usize = 63 * 1024;

/// Methods of one class.
const METHODS_PER_CLASS: usize = 2000;

/// The bodies of `static short m(short a, byte[] b, Own c)`; locals 3 to 5 are free. Constants: 0 the class Own, 1 its
/// constructor, 2 its field of type short, 3 its field of type Object, 4 `Util.makeShort`, 5 `Object.equals`, 6 the
/// first of these methods.
///
/// Each number 12345 becomes another one in each method: no two methods are the same.
const BODIES: [&str; 4] = [
    "sload_0; ifle less; aload_1; sload_0; baload; sstore_3; goto loop; less:; sconst_0; sstore_3; loop:; sload_0; \
     ifeq end; sinc 0 -1; sload_0; slookupswitch other 1=one 2=two 100=one; one:; aload_1; sload_0; sload_3; s2b; \
     bastore; goto loop; two:; sload_3; sspush 12345; sadd; sstore_3; goto loop; other:; sload_0; sload_3; invokestatic 4; \
     pop; goto loop; end:; sload_3; sreturn",
    "sload_0; ifeq other; aload_2; astore_3; goto both; other:; new 0; dup; invokespecial 1; astore_3; both:; aload_3; \
     getfield_s 2; sstore 4; aload_3; ifnull null; aload_3; sload 4; sspush 12345; sadd; putfield_s 2; aload_3; aload_1; \
     putfield_a 3; null:; aload_3; aload_1; invokevirtual 5; sload 4; sadd; sreturn",
    "sload_0; s2i; istore 4; sspush 12345; sstore_3; again:; sload_3; sload_0; if_scmpge end; iload 4; iipush 1000003; \
     imul; sload_3; s2i; iadd; istore 4; sinc 3 1; iload 4; iconst_0; icmp; ifge again; iload 4; ineg; istore 4; goto \
     again; end:; iload 4; i2s; sreturn",
    "sload_0; sspush 12345; sxor; sstore_3; aload_1; arraylength; ifne some; sload_3; aload_1; aload_2; invokestatic 6; \
     sreturn; some:; sconst_5; newarray 12; astore 4; aload 4; sconst_0; sload_3; sastore; aload 4; aload_2; \
     getfield_a 3; invokevirtual 5; sload_3; sadd; sreturn",
];

/// The body of every sixty-fourth method, with a handler: start, end and target in its code.
const GUARDED: &str =
    "aload_1; sload_0; baload; sstore_3; sload_3; sreturn; astore 4; sconst_m1; sreturn";
const GUARD: (u16, u16, u16) = (0, 4, 6);

struct Method {
    code: Vec<u8>,
    guarded: bool,
}

impl Method {
    /// The code of the method with this number.
    fn code(&self, number: usize) -> Vec<u8> {
        let mut code = self.code.clone();
        let push = [0x11, 0x30, 0x39];
        if let Some(at) = code.windows(3).position(|window| window == push) {
            let mixed = number.wrapping_mul(40_503).to_le_bytes();
            code[at + 1..at + 3].copy_from_slice(&mixed[..2]);
        }
        code
    }
}

fn bodies() -> Vec<Method> {
    let assemble = |text: &str, guarded| Method {
        code: assemble_code(&text.replace("; ", "\n"), 1).expect("the body is code"),
        guarded,
    };
    let plain = BODIES.iter().map(|text| assemble(text, false));
    plain.chain([assemble(GUARDED, true)]).collect()
}

/// A library package with at least so many bytes of code; an extended file if a compact one cannot hold them.
pub(crate) fn package(code: usize) -> CapFile {
    let extended = code > BLOCK;
    let own = ClassRef::Internal(if extended { 2 } else { 0 });
    let object = ClassRef::External {
        package: 0,
        class: 0,
    };
    let mut cap = CapFile {
        archive_path: "bench".to_owned(),
        ..CapFile::default()
    };
    let int = Header::ACC_INT;
    cap.header = Header {
        format: Version::new(2, if extended { 3 } else { 1 }),
        flags: int | if extended { Header::ACC_EXTENDED } else { 0 },
        package: PackageInfo {
            version: Version::new(1, 0),
            aid: Aid(vec![0xf0, 1, 2, 3, 4]),
        },
        ..Header::default()
    };
    let import = |last: [u8; 2], minor| PackageInfo {
        version: Version::new(1, minor),
        aid: Aid([&[0xa0, 0, 0, 0, 0x62][..], &last].concat()),
    };
    cap.import.packages = vec![import([0, 1], 0), import([1, 1], 5)];

    let mut descriptor = Descriptor::default();
    // Offsets of types count these: they come first.
    descriptor.types.constant_pool_types = vec![0xffff; 8];
    let mut intern = |types: &[DescribedType]| {
        let types = TypeDescriptor::from_types(types).expect("these are types");
        descriptor.types.intern(&types).expect("there is room")
    };
    let nothing = intern(&[Void]);
    let signature = intern(&[Short, ByteArray, Reference(own), Short]);
    let reference = intern(&[Reference(object)]);
    let short = intern(&[Short]);
    let make_short = intern(&[DescribedType::Byte, DescribedType::Byte, Short]);
    let equals = intern(&[Reference(object), DescribedType::Boolean]);

    let bodies = bodies();
    let header = MethodHeader::new(6, 3, 3);
    let constructor = assemble_code("aload_0\ninvokespecial 7\nreturn", 1).expect("this is code");
    let mut methods: Vec<MethodDescriptor> = Vec::new();
    let mut blocks: Vec<MethodBlock> = Vec::new();
    let (mut written, mut number) = (0, 0);
    while written < code {
        // Which bodies are in the block, then where they are: that depends on the count of handlers.
        let (mut chosen, mut size) = (Vec::new(), 0);
        while size < BLOCK.min(code - written) {
            let guarded = number % 64 == 63;
            let body = &bodies[if guarded {
                BODIES.len()
            } else {
                number % BODIES.len()
            }];
            size += 2 + body.code.len();
            chosen.push(body);
            number += 1;
        }
        let mut block = MethodBlock::default();
        let guards = chosen.iter().filter(|body| body.guarded).count();
        let first = 1 + 8 * guards;
        let index = u8::try_from(blocks.len()).expect("few blocks");
        let push = |block: &mut MethodBlock, header: &MethodHeader, code: &[u8]| {
            let at = u16::try_from(first + block.methods.len()).expect("a block is small");
            header.encode(&mut block.methods);
            block.methods.extend(code);
            (code_offset(index, at), at + header.size())
        };
        if methods.is_empty() {
            let (offset, _) = push(&mut block, &MethodHeader::new(1, 1, 0), &constructor);
            methods.push(described(
                offset,
                access::ACC_INIT,
                nothing,
                constructor.len(),
            ));
        }
        for body in chosen {
            let code = body.code(methods.len());
            let (offset, start) = push(&mut block, &header, &code);
            let mut method = described(offset, access::ACC_STATIC, signature, body.code.len());
            if body.guarded {
                method.exception_handler_count = 1;
                method.exception_handler_index =
                    u16::try_from(block.exception_handlers.len()).expect("few handlers");
                block.exception_handlers.push(ExceptionHandler {
                    start_offset: start + GUARD.0,
                    stop: true,
                    active_length: GUARD.1 - GUARD.0,
                    handler_offset: start + GUARD.2,
                    catch_type_index: 0,
                });
            }
            methods.push(method);
        }
        written += block.methods.len();
        blocks.push(block);
    }
    let mut blocks = blocks.into_iter();
    let first = blocks.next().expect("a block");
    cap.method.exception_handlers = first.exception_handlers;
    cap.method.methods = first.methods;
    cap.method.further_blocks = blocks.collect();

    let class = ClassInfo {
        super_class: Some(object),
        first_reference_token: 0xff,
        public_method_table_base: 1,
        token_mapping: extended.then(|| TokenMapping {
            tokens: vec![0],
            inheritable_count: 1,
        }),
        ..ClassInfo::default()
    };
    let fields = ClassInfo {
        declared_instance_size: 2,
        first_reference_token: 0,
        reference_count: 1,
        ..class.clone()
    };
    let groups = methods.chunks(METHODS_PER_CLASS);
    cap.class.classes = vec![fields];
    cap.class.classes.extend(vec![class; groups.len() - 1]);
    if extended {
        cap.class.signature_pool = Some(Vec::new());
    }
    constants(&mut cap, own, object, &methods);
    descriptor.types.constant_pool_types = vec![
        0xffff, nothing, short, reference, make_short, equals, signature, nothing,
    ];
    let offsets: Vec<u16> = cap.class_entries().map(|(offset, _)| offset).collect();
    descriptor.classes = offsets
        .iter()
        .zip(methods.chunks(METHODS_PER_CLASS))
        .map(|(offset, methods)| ClassDescriptor {
            token: 0xff,
            access_flags: 0,
            this_class: ClassRef::Internal(*offset),
            interfaces: Vec::new(),
            fields: Vec::new(),
            methods: methods.to_vec(),
        })
        .collect();
    let field = |token, field_type| FieldDescriptor {
        token,
        access_flags: 0,
        location: FieldLocation::Instance { class: own, token },
        field_type,
    };
    descriptor.classes[0].fields = vec![field(0, reference), field(1, 0x8004)];
    if extended {
        let count = u8::try_from(descriptor.classes.len()).expect("few classes");
        descriptor.package_class_counts = vec![count];
    }
    cap.descriptor = Some(descriptor);
    cap.reference_location = cap_file::locate::locate(&cap).expect("the code can be decoded");
    cap.update_directory().expect("the package can be written");
    cap
}

fn described(offset: CodeOffset, flags: u8, types: u16, length: usize) -> MethodDescriptor {
    MethodDescriptor {
        token: 0xff,
        access_flags: flags,
        method_offset: offset,
        type_offset: types,
        bytecode_count: u16::try_from(length).expect("a body is short"),
        exception_handler_count: 0,
        exception_handler_index: 0,
    }
}

fn constants(cap: &mut CapFile, own: ClassRef, object: ClassRef, methods: &[MethodDescriptor]) {
    let api = |package, class, token| {
        Constant::StaticMethod(StaticRef::External {
            package,
            class,
            token,
        })
    };
    let method =
        |index: usize| Constant::StaticMethod(StaticRef::Internal(methods[index].method_offset));
    cap.constant_pool.entries = vec![
        Constant::Class(own),
        method(0),
        Constant::InstanceField {
            class: own,
            token: 1,
        },
        Constant::InstanceField {
            class: own,
            token: 0,
        },
        // javacard.framework.Util.makeShort
        api(1, 16, 5),
        Constant::VirtualMethod {
            class: object,
            token: 0,
        },
        method(1),
        api(0, 0, 0),
    ];
}
