//! Each structural rule: one change to the sample breaks it and no other.

use crate::sample::{A, B, OBJECT, Sample, T, constant, locate};
use cap_file::api::{ApiPackage, MethodKind};
use cap_file::component::class::{ClassInfo, ImplementedInterface, RemoteInterfaceInfo};
use cap_file::component::common::DescribedType;
use cap_file::component::constant_pool::{Constant, StaticRef};
use cap_file::component::custom::CustomComponent;
use cap_file::component::debug::{ClassDebug, Debug};
use cap_file::component::descriptor::{
    Descriptor, FieldDescriptor, FieldLocation, MethodDescriptor, access,
};
use cap_file::component::header::Header;
use cap_file::component::static_field::ArrayInit;
use cap_file::component::{Aid, ClassRef, PackageInfo, TypeDescriptor, Version};
use cap_file::verify::{Rule, verify};
use cap_file::{CapFile, Exports};

fn rules(cap: &CapFile, exports: &Exports) -> Vec<Rule> {
    let report = verify(cap, exports);
    let mut rules: Vec<Rule> = report.findings.iter().map(|finding| finding.rule).collect();
    rules.sort_unstable();
    rules.dedup();
    rules
}

/// `javacardx.apdu.ExtendedLength`, an interface without methods, once its package is imported.
const EXTENDED_LENGTH: ClassRef = ClassRef::External {
    package: 2,
    class: 0,
};

/// That a change breaks only this rule, the directory being brought up to date after it.
fn breaks(rule: Rule, change: impl FnOnce(&mut CapFile)) {
    let mut cap = Sample::default().build();
    change(&mut cap);
    cap.update_directory().unwrap();
    let found = rules(&cap, &Exports::builtin());
    assert_eq!(found, [rule], "{}", verify(&cap, &Exports::builtin()));
}

/// The same for the sample without its applet.
fn library_breaks(rule: Rule, change: impl FnOnce(&mut CapFile)) {
    let mut cap = library();
    change(&mut cap);
    cap.update_directory().unwrap();
    let found = rules(&cap, &Exports::builtin());
    assert_eq!(found, [rule], "{}", verify(&cap, &Exports::builtin()));
}

fn library() -> CapFile {
    Sample {
        library: true,
        ..Sample::default()
    }
    .build()
}

/// The same for a sample with its own code.
fn code_breaks(rule: Rule, code: &str) {
    let cap = Sample {
        test: code.to_owned(),
        ..Sample::default()
    }
    .build();
    assert_eq!(
        rules(&cap, &Exports::builtin()),
        [rule],
        "{}",
        verify(&cap, &Exports::builtin())
    );
}

fn described(cap: &mut CapFile) -> &mut Descriptor {
    cap.descriptor.as_mut().unwrap()
}

/// The descriptor of a method: class by its place (I, A, B, C, T), method by its place in the class.
fn method(cap: &mut CapFile, class: usize, index: usize) -> &mut MethodDescriptor {
    &mut described(cap).classes[class].methods[index]
}

/// The header of a method in the Method component.
fn header(cap: &mut CapFile, class: usize, index: usize) -> &mut [u8] {
    let offset = method(cap, class, index).method_offset;
    let start = offset as usize - usize::from(cap.method.first_offset());
    &mut cap.method.methods[start..start + 2]
}

/// Puts a constant in the place of one that the code does not use.
fn put(cap: &mut CapFile, new: Constant) {
    cap.constant_pool.entries[usize::from(constant("APDU"))] = new;
}

#[test]
fn header_and_directory() {
    breaks(Rule::HeaderFlags, |cap| cap.header.flags |= 0x08);
    breaks(Rule::HeaderFlags, |cap| {
        cap.header.flags &= !Header::ACC_APPLET
    });
    breaks(Rule::HeaderInt, |cap| cap.header.flags &= !Header::ACC_INT);
    breaks(Rule::HeaderName, |cap| {
        cap.header.package_name = Some("sample".to_owned());
    });
    breaks(Rule::DebugFormat, |cap| cap.debug = Some(debug()));
    breaks(Rule::DirectoryCustom, |cap| {
        cap.custom.push(CustomComponent {
            tag: 130,
            info: vec![],
        })
    });
    for (rule, change) in [
        (
            Rule::DirectorySizes,
            (|cap| cap.directory.component_sizes[6] += 1) as fn(&mut CapFile),
        ),
        (Rule::DirectoryStatic, |cap| {
            cap.directory.static_image_size += 1
        }),
        (Rule::DirectoryCounts, |cap| cap.directory.applet_count += 1),
    ] {
        let mut cap = Sample::default().build();
        change(&mut cap);
        assert_eq!(rules(&cap, &Exports::builtin()), [rule]);
    }
}

#[test]
fn applets() {
    breaks(Rule::AppletCount, |cap| {
        cap.applet.as_mut().unwrap().applets.clear()
    });
    breaks(Rule::AppletAid, |cap| {
        cap.applet.as_mut().unwrap().applets[0].aid.0[0] ^= 1
    });
    breaks(Rule::AppletInstall, |cap| {
        let process = method(cap, 4, 2).method_offset;
        cap.applet.as_mut().unwrap().applets[0].install_method_offset = process;
    });
    breaks(Rule::AppletInstall, |cap| {
        method(cap, 4, 1).access_flags = access::ACC_STATIC | access::ACC_PROTECTED
    });
}

#[test]
fn imports() {
    breaks(Rule::ImportUnique, |cap| {
        cap.import.packages.push(cap.import.packages[1].clone())
    });
    breaks(Rule::ImportUnique, |cap| {
        // The package itself; its AID is made to be one that is known.
        let util = Aid(vec![0xa0, 0, 0, 0, 0x62, 2, 9]);
        cap.applet.as_mut().unwrap().applets[0]
            .aid
            .0
            .splice(..5, [0xa0, 0, 0, 0, 0x62]);
        cap.header.package.aid = util.clone();
        cap.import.packages.push(PackageInfo {
            version: Version::new(1, 0),
            aid: util,
        });
    });
    breaks(Rule::ImportKnown, |cap| {
        cap.import.packages.push(PackageInfo {
            version: Version::new(1, 0),
            aid: Aid(vec![9; 5]),
        });
    });
    breaks(Rule::ImportVersion, |cap| {
        cap.import.packages[1].version.minor = 99
    });
    breaks(Rule::ImportVersion, |cap| {
        cap.import.packages[0].version.minor = 1
    });
}

#[test]
fn import_count() {
    let mut cap = Sample::default().build();
    let mut exports = Exports::builtin();
    for number in 0..127u8 {
        let aid = Aid(vec![0xf0, 9, 9, 9, 9, number]);
        let versions = vec![Version::new(1, 0)];
        exports.add(ApiPackage {
            name: format!("p{number}"),
            aid: aid.clone(),
            versions,
            uses: vec![],
            classes: vec![],
        });
        if number < 126 {
            cap.import.packages.push(PackageInfo {
                version: Version::new(1, 0),
                aid,
            });
        }
    }
    cap.update_directory().unwrap();
    assert_eq!(rules(&cap, &exports), [], "128 packages");
    cap.import.packages.push(PackageInfo {
        version: Version::new(1, 0),
        aid: Aid(vec![0xf0, 9, 9, 9, 9, 126]),
    });
    cap.update_directory().unwrap();
    assert_eq!(rules(&cap, &exports), [Rule::ImportCount]);
}

#[test]
fn constants() {
    breaks(Rule::ConstantClass, |cap| {
        put(cap, Constant::Class(ClassRef::Internal(1)))
    });
    breaks(Rule::ConstantClass, |cap| {
        put(
            cap,
            Constant::Class(ClassRef::External {
                package: 1,
                class: 99,
            }),
        )
    });
    breaks(Rule::ConstantClass, |cap| {
        put(
            cap,
            Constant::Class(ClassRef::External {
                package: 9,
                class: 0,
            }),
        )
    });
    // A class that came with version 1.8 of the package, of which 1.5 is imported.
    breaks(Rule::ConstantClass, |cap| {
        put(
            cap,
            Constant::Class(ClassRef::External {
                package: 1,
                class: 19,
            }),
        )
    });
    breaks(Rule::ConstantInstanceField, |cap| {
        put(cap, Constant::InstanceField { class: A, token: 9 })
    });
    breaks(Rule::ConstantVirtualMethod, |cap| {
        put(
            cap,
            Constant::VirtualMethod {
                class: A,
                token: 50,
            },
        )
    });
    breaks(Rule::ConstantSuperMethod, |cap| {
        put(
            cap,
            Constant::SuperMethod {
                class: A,
                token: 60,
            },
        )
    });
    breaks(Rule::ConstantStaticField, |cap| {
        put(cap, Constant::StaticField(StaticRef::Internal(1)))
    });
    breaks(Rule::ConstantStaticMethod, |cap| {
        put(cap, Constant::StaticMethod(StaticRef::Internal(2)))
    });
}

#[test]
fn classes() {
    breaks(Rule::ClassFlags, |cap| cap.class.classes[3].flags |= 1);
    breaks(Rule::ClassSuper, |cap| {
        described(cap).classes[1].access_flags |= access::ACC_FINAL
    });
    breaks(Rule::ClassInterfaces, |cap| {
        cap.class.classes[3].interfaces.push(ImplementedInterface {
            interface: OBJECT,
            methods: vec![],
        });
        described(cap).classes[4].interfaces.push(OBJECT);
    });
    breaks(Rule::ClassInterfaces, |cap| {
        // I without the Shareable that it extends.
        let apdu = Aid(vec![0xa0, 0, 0, 0, 0x62, 2, 9]);
        cap.import.packages.push(PackageInfo {
            version: Version::new(1, 0),
            aid: apdu,
        });
        cap.class.classes[0].interfaces[1].interface = EXTENDED_LENGTH;
        described(cap).classes[1].interfaces[1] = EXTENDED_LENGTH;
    });
    breaks(Rule::ClassInstanceSize, |cap| {
        described(cap).classes[1].fields[1].access_flags = access::ACC_PUBLIC
    });
    breaks(Rule::DescriptorClasses, |cap| {
        described(cap).classes[1].access_flags = access::ACC_PUBLIC
    });
    breaks(Rule::ClassShareable, |cap| cap.class.classes[0].flags = 0);
    breaks(Rule::ClassInstanceSize, |cap| {
        cap.class.classes[0].declared_instance_size += 1
    });
    breaks(Rule::ClassInstanceSize, |cap| {
        cap.class.classes[0].reference_count = 0
    });
    breaks(Rule::ClassMethodTable, |cap| {
        cap.class.classes[1].public_virtual_methods[0] = 2
    });
    breaks(Rule::ClassMethodTable, |cap| {
        cap.class.classes[1].package_method_table_base = 1
    });
    breaks(Rule::ClassOverride, |cap| {
        method(cap, 4, 2).access_flags = access::ACC_PROTECTED
    });
    breaks(Rule::ClassAbstract, |cap| {
        described(cap).classes[3].access_flags = 0
    });
    breaks(Rule::ClassInterfaceTable, |cap| {
        cap.class.classes[0].interfaces[0].methods[0] = 0
    });
}

#[test]
fn methods() {
    breaks(Rule::MethodCover, |cap| cap.method.methods.push(0));
    breaks(Rule::MethodHeader, |cap| header(cap, 4, 3)[0] |= 0x10);
    breaks(Rule::MethodArguments, |cap| header(cap, 4, 4)[1] += 0x10);
    breaks(Rule::MethodDescriptorFlags, |cap| {
        method(cap, 1, 3).access_flags = access::ACC_PRIVATE | access::ACC_PUBLIC;
    });
}

#[test]
fn handlers() {
    let with = |handlers: Vec<(u16, u16, u16, Option<&'static str>)>| {
        let code = "nop; nop; nop; nop; sconst_0; sreturn; pop; sconst_0; sreturn";
        Sample {
            handlers,
            test: code.to_owned(),
            ..Sample::default()
        }
        .build()
    };
    let found = |cap: &CapFile| rules(cap, &Exports::builtin());
    assert_eq!(
        found(&with(vec![
            (0, 2, 6, None),
            (0, 4, 6, Some("ISOException"))
        ])),
        []
    );
    assert_eq!(found(&with(vec![(0, 2, 60, None)])), [Rule::HandlerRange]);
    assert_eq!(found(&with(vec![(0, 0, 6, None)])), [Rule::HandlerRange]);
    assert_eq!(
        found(&with(vec![(0, 4, 6, None), (0, 2, 6, None)])),
        [Rule::HandlerOrder]
    );
    assert_eq!(found(&with(vec![(0, 3, 6, None), (2, 5, 6, None)])), []);
    let mut cap = with(vec![(0, 2, 6, None)]);
    cap.method.exception_handlers[0].stop = false;
    assert_eq!(found(&cap), [Rule::HandlerOrder]);
    assert_eq!(
        found(&with(vec![(0, 2, 6, Some("B"))])),
        [Rule::HandlerType]
    );
}

#[test]
fn code() {
    breaks(Rule::CodeDecode, |cap| {
        let start =
            method(cap, 4, 3).method_offset as usize - usize::from(cap.method.first_offset());
        cap.method.methods[start + 2] = 0xb9;
    });
    code_breaks(Rule::CodeReserved, "impdep1; sconst_0; sreturn");
    code_breaks(Rule::CodeBranch, "goto +3; sspush 5; sreturn");
    code_breaks(Rule::CodeBranch, "goto -9; sspush 5; sreturn");
    code_breaks(
        Rule::CodeSwitch,
        "sload_1; slookupswitch a 2=a 1=a; a:; sconst_0; sreturn",
    );
    code_breaks(Rule::CodeConstant, "new $f0; pop; sconst_0; sreturn");
    code_breaks(Rule::CodeConstant, "new 200; pop; sconst_0; sreturn");
    code_breaks(
        Rule::CodeConstant,
        "getstatic_a $f0; pop; sconst_0; sreturn",
    );
    code_breaks(
        Rule::CodeArrayType,
        "sconst_1; newarray 9; pop; sconst_0; sreturn",
    );
    code_breaks(
        Rule::CodeArrayType,
        "aload_3; checkcast 11 1; pop; sconst_0; sreturn",
    );
}

#[test]
fn statics() {
    breaks(Rule::StaticImage, |cap| cap.static_field.image_size += 1);
    breaks(Rule::StaticArray, |cap| {
        // A short[] of three bytes.
        cap.static_field.array_init[0] = ArrayInit {
            element_type: 4,
            values: vec![1, 2, 3],
        };
        let shorts = TypeDescriptor::from_types(&[DescribedType::ShortArray]).unwrap();
        let descriptor = described(cap);
        let offset = descriptor.types.intern(&shorts).unwrap();
        descriptor.classes[4].fields[0].field_type = offset;
        descriptor.types.constant_pool_types[usize::from(constant("s0"))] = offset;
    });
    breaks(Rule::StaticBoolean, |cap| {
        // The byte s3, which starts as 5, becomes a boolean.
        described(cap).classes[4].fields[3].field_type = 0x8002;
        let boolean = TypeDescriptor::from_types(&[DescribedType::Boolean]).unwrap();
        let offset = described(cap).types.intern(&boolean).unwrap();
        described(cap).types.constant_pool_types[usize::from(constant("s3"))] = offset;
    });
    breaks(Rule::StaticFields, |cap| {
        described(cap).classes[4].fields[2].location =
            FieldLocation::Static(StaticRef::Internal(5));
        cap.constant_pool.entries[usize::from(constant("s2"))] =
            Constant::StaticField(StaticRef::Internal(5));
    });
}

#[test]
fn reference_locations() {
    breaks(Rule::ReferenceCover, |cap| {
        cap.reference_location.byte2_indices.truncate(1)
    });
    breaks(Rule::ReferenceCover, |cap| {
        cap.reference_location.byte_indices.push(1)
    });
    breaks(Rule::HeaderFlags, |cap| {
        locate(cap);
        cap.header.flags |= 0x80;
    });
}

#[test]
fn exports() {
    assert_eq!(rules(&library(), &Exports::builtin()), []);
    library_breaks(Rule::ExportClasses, |cap| {
        let ClassRef::Internal(offset) = B else {
            return;
        };
        let class = &mut cap.export.as_mut().unwrap().classes[0];
        class.class_offset = offset;
        class.static_method_offsets.clear();
    });
    library_breaks(Rule::ExportClasses, |cap| {
        cap.export.as_mut().unwrap().classes.clear();
    });
    library_breaks(Rule::ExportMembers, |cap| {
        let test = method(cap, 4, 3).method_offset;
        cap.export.as_mut().unwrap().classes[0].static_method_offsets[1] = test;
    });
    library_breaks(Rule::ExportMembers, |cap| {
        cap.export.as_mut().unwrap().classes[0]
            .static_method_offsets
            .pop();
    });
    breaks(Rule::ExportShareable, |cap| {
        cap.header.flags |= Header::ACC_EXPORT;
        cap.export = library().export;
    });
    library_breaks(Rule::StaticLibrary, |cap| {
        let values = vec![1, 2];
        cap.static_field.array_init.push(ArrayInit {
            element_type: 3,
            values,
        });
    });
}

/// The export file of the library: T with its constructor and its install method.
fn own_export() -> ApiPackage {
    let text = "package sample F001020304 1.0
class 0 T public
extends java/lang/Object javacard/framework/Applet
static 0 <init> ()V public
static 1 install ([BSB)V public static
";
    let mut package = cap_file::api::parse::package(text).unwrap();
    let applet = cap_file::api::Api::builtin()
        .find_class("javacard/framework/Applet")
        .unwrap()
        .1;
    let inherited = applet
        .methods
        .iter()
        .filter(|method| method.kind == MethodKind::Virtual);
    let implemented = inherited.cloned().map(|mut method| {
        method.flags.is_abstract = false;
        method
    });
    package.classes[0].methods.extend(implemented);
    package
}

#[test]
fn own_export_file() {
    let with = |package: ApiPackage| {
        let mut exports = Exports::builtin();
        exports.add(package);
        rules(&library(), &exports)
    };
    let right = own_export();
    assert_eq!(with(right.clone()), []);
    let mut other_version = right.clone();
    other_version.versions = vec![Version::new(1, 1)];
    other_version.classes.clear();
    assert_eq!(
        with(other_version),
        [],
        "another version says nothing of this one"
    );
    let mut wrong = right.clone();
    wrong.classes[0].methods[1].descriptor = "([BSS)V".to_owned();
    assert_eq!(with(wrong), [Rule::ExportFileAgrees]);
    let mut wrong = right.clone();
    wrong.classes[0].flags.is_abstract = true;
    assert_eq!(with(wrong), [Rule::ExportFileAgrees]);
    let mut wrong = right.clone();
    wrong.classes.clear();
    assert_eq!(with(wrong), [Rule::ExportFileAgrees]);
    let mut wrong = right;
    wrong.classes[0].methods.remove(0);
    assert_eq!(with(wrong), [Rule::ExportFileAgrees]);
}

#[test]
fn limits() {
    breaks(Rule::MethodLimits, |cap| {
        let padding = vec![0; 32766];
        grow_last(cap, &padding);
    });
    breaks(Rule::ClassLimits, |cap| {
        // B, below A with its 6 words, gets 250 fields of its own.
        let descriptor = described(cap);
        let field = |token| FieldDescriptor {
            token,
            access_flags: 0,
            location: FieldLocation::Instance { class: B, token },
            field_type: 0x8004,
        };
        descriptor.classes[2].fields = (0..250).map(field).collect();
        cap.class.classes[1].declared_instance_size = 250;
    });
    // One word less is allowed.
    let mut cap = Sample::default().build();
    let field = |token| FieldDescriptor {
        token,
        access_flags: 0,
        location: FieldLocation::Instance { class: B, token },
        field_type: 0x8004,
    };
    described(&mut cap).classes[2].fields = (0..249).map(field).collect();
    cap.class.classes[1].declared_instance_size = 249;
    cap.update_directory().unwrap();
    assert_eq!(rules(&cap, &Exports::builtin()), []);
}

/// Puts `nop`s before the code of the last method.
fn grow_last(cap: &mut CapFile, nops: &[u8]) {
    let last = method(cap, 4, 4);
    let start = last.method_offset as usize + 2;
    last.bytecode_count += u16::try_from(nops.len()).unwrap();
    let at = start - usize::from(cap.method.first_offset());
    let tail = cap.method.methods.split_off(at);
    cap.method.methods.extend(nops);
    cap.method.methods.extend(tail);
    locate(cap);
}

#[test]
fn remote_classes() {
    breaks(Rule::ClassRemote, |cap| {
        cap.class.classes[3].flags |= ClassInfo::ACC_REMOTE;
        cap.class.classes[3].remote = Some(RemoteInterfaceInfo::default());
    });
}

#[test]
fn descriptors() {
    breaks(Rule::DescriptorPresent, |cap| cap.descriptor = None);
    breaks(Rule::DescriptorClasses, |cap| {
        described(cap).classes[2].access_flags |= 0x20
    });
    breaks(Rule::DescriptorMembers, |cap| {
        described(cap).classes[1].fields[1].token = 0
    });
    breaks(Rule::DescriptorMembers, |cap| {
        described(cap).classes[1].fields[1].access_flags = 0x40
    });
    breaks(Rule::DescriptorMembers, |cap| method(cap, 4, 3).token = 2);
    breaks(Rule::DescriptorMembers, |cap| method(cap, 4, 1).token = 2);
    breaks(Rule::DescriptorMembers, |cap| {
        method(cap, 0, 0).exception_handler_index = 1
    });
    breaks(Rule::DescriptorTypes, |cap| {
        described(cap).types.descriptors.push(TypeDescriptor {
            nibble_count: 2,
            bytes: vec![0x77],
        });
    });
    breaks(Rule::DescriptorConstants, |cap| {
        described(cap).types.constant_pool_types[usize::from(constant("f1"))] = 0xffff;
    });
}

fn debug() -> Debug {
    let ClassRef::Internal(location) = T else {
        return Debug::default();
    };
    Debug {
        strings: vec![b"sample".to_vec()],
        package_name: 0,
        classes: vec![ClassDebug {
            location,
            ..ClassDebug::default()
        }],
        ..Debug::default()
    }
}

#[test]
fn debug_component() {
    let with = |debug: Debug| {
        let mut cap = Sample::default().build();
        cap.header.format = Version::new(2, 2);
        cap.header.package_name = Some(String::new());
        cap.debug = Some(debug);
        cap.update_directory().unwrap();
        rules(&cap, &Exports::builtin())
    };
    assert_eq!(with(debug()), []);
    assert_eq!(
        with(Debug {
            package_name: 1,
            ..debug()
        }),
        [Rule::DebugIndices]
    );
    let mut wrong = debug();
    wrong.classes[0].location = 1;
    assert_eq!(with(wrong), [Rule::DebugIndices]);
}

/// Every rule is named in a test, and the list in the documentation is the list of the rules.
#[test]
fn every_rule_has_its_test_and_its_line() {
    let tests = concat!(
        include_str!("structure_rules.rs"),
        include_str!("newer_formats.rs"),
        include_str!("bytecode_rules.rs")
    );
    for rule in Rule::ALL {
        assert!(
            tests.contains(&format!("Rule::{rule:?}")),
            "{rule:?} has no test"
        );
    }
    let mut list = String::from("| rule | JCVM 3.0.5 | what it asks for |\n| --- | --- | --- |\n");
    for rule in Rule::ALL {
        list.push_str(&format!(
            "| `{}` | {} | {} |\n",
            rule.id(),
            rule.clause(),
            rule.text()
        ));
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/verify/rules.md");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path, &list).unwrap();
    }
    assert_eq!(
        std::fs::read_to_string(path).unwrap(),
        list,
        "set BLESS=1 to write the list anew"
    );
}
