//! A small package made by hand: one class, `process` of which answers 9000, under two module AIDs, and a static
//! array that makes it several blocks long.

use cap_file::CapFile;
use cap_file::component::applet::{AppletComponent, AppletInfo};
use cap_file::component::class::{ClassComponent, ClassInfo};
use cap_file::component::constant_pool::{Constant, ConstantPool, StaticRef};
use cap_file::component::header::Header;
use cap_file::component::import::Import;
use cap_file::component::method::{MethodComponent, MethodHeader};
use cap_file::component::reference_location::ReferenceLocation;
use cap_file::component::static_field::{ArrayInit, StaticFieldComponent};
use cap_file::component::{Aid, ClassRef, PackageInfo, Version};

pub(crate) const PACKAGE: &[u8] = &[0xF0, 0x00, 0x00, 0x00, 0x01, 0x01];
pub(crate) const FIRST: &[u8] = &[0xF0, 0x00, 0x00, 0x00, 0x01, 0x01, 0x01];
pub(crate) const SECOND: &[u8] = &[0xF0, 0x00, 0x00, 0x00, 0x01, 0x01, 0x02];

/// `javacard.framework.Applet` of import 0.
const APPLET: ClassRef = ClassRef::External {
    package: 0,
    class: 3,
};

fn package(aid: &[u8], major: u8, minor: u8) -> PackageInfo {
    PackageInfo {
        version: Version::new(major, minor),
        aid: Aid(aid.to_vec()),
    }
}

pub(crate) fn echo_cap() -> CapFile {
    let mut method = MethodComponent::default();
    // The constructor: aload_0, invokespecial Applet.<init>, return.
    let constructor = method
        .push(&MethodHeader::new(1, 1, 0), &[0x18, 0x8C, 0x00, 0x03, 0x7A])
        .unwrap();
    // install: new, dup, invokespecial the constructor, invokevirtual register(), return.
    let install = method
        .push(
            &MethodHeader::new(2, 3, 0),
            &[
                0x8F, 0x00, 0x00, 0x3D, 0x8C, 0x00, 0x01, 0x8B, 0x00, 0x02, 0x7A,
            ],
        )
        .unwrap();
    // process: return.
    let process = method.push(&MethodHeader::new(0, 2, 0), &[0x7A]).unwrap();
    let applet = |aid: &[u8]| AppletInfo {
        aid: Aid(aid.to_vec()),
        install_method_offset: install.into(),
    };
    let mut cap = CapFile {
        archive_path: "echo".to_owned(),
        header: Header {
            format: Version::new(2, 1),
            flags: Header::ACC_APPLET,
            package: package(PACKAGE, 1, 2),
            package_name: None,
            public_packages: Vec::new(),
        },
        applet: Some(AppletComponent {
            applets: vec![applet(FIRST), applet(SECOND)],
        }),
        import: Import {
            packages: vec![
                package(&[0xA0, 0x00, 0x00, 0x00, 0x62, 0x01, 0x01], 1, 3),
                package(&[0xA0, 0x00, 0x00, 0x00, 0x62, 0x00, 0x01], 1, 0),
            ],
        },
        constant_pool: ConstantPool {
            entries: vec![
                Constant::Class(ClassRef::Internal(0)),
                Constant::StaticMethod(StaticRef::Internal(constructor.into())),
                Constant::VirtualMethod {
                    class: APPLET,
                    token: 1,
                },
                Constant::StaticMethod(StaticRef::External {
                    package: 0,
                    class: 3,
                    token: 0,
                }),
            ],
        },
        class: ClassComponent {
            signature_pool: None,
            interfaces: Vec::new(),
            classes: vec![ClassInfo {
                flags: 0,
                super_class: Some(APPLET),
                declared_instance_size: 0,
                first_reference_token: 0xFF,
                reference_count: 0,
                public_method_table_base: 7,
                public_virtual_methods: vec![process.into()],
                package_method_table_base: 0,
                package_virtual_methods: Vec::new(),
                interfaces: Vec::new(),
                remote: None,
                token_mapping: None,
            }],
        },
        reference_location: ReferenceLocation::from_offsets(
            &[],
            &[constructor + 4, install + 3, install + 7, install + 10],
        ),
        method,
        static_field: StaticFieldComponent {
            image_size: 2,
            reference_count: 1,
            array_init: vec![ArrayInit {
                element_type: 3,
                values: vec![0xA5; 600],
            }],
            default_value_count: 0,
            non_default_values: Vec::new(),
        },
        ..CapFile::default()
    };
    cap.update_directory().unwrap();
    cap
}
