//! Packages with one applet, and cards that hold them.

use super::assembler::{Symbols, assemble, assemble_labelled};
use cap_file::CapFile;
use cap_file::api::Api;
use cap_file::component::applet::{AppletComponent, AppletInfo};
use cap_file::component::class::{ClassInfo, ImplementedInterface, InterfaceInfo};
use cap_file::component::constant_pool::Constant;
use cap_file::component::header::Header;
use cap_file::component::import::Import;
use cap_file::component::method::{ExceptionHandler, MethodComponent, MethodHeader};
use cap_file::component::static_field::StaticFieldComponent;
use cap_file::component::{CodeOffset, INHERITED, PackageInfo, Version};
use card_sim::{Aid, Card, CardConfig};

/// A package under construction: class 0 is its applet.
pub(crate) struct Package {
    pub(crate) aid: Vec<u8>,
    /// Body of `process(APDU)`: local 0 is the applet, local 1 the APDU, 2 to 9 are free.
    pub(crate) process: String,
    /// Body of the constructor after the superclass's: local 0 is the applet.
    pub(crate) construct: String,
    /// Body of `select()`.
    pub(crate) select: String,
    /// Body of `getShareableInterfaceObject`: what it leaves on the stack is returned.
    pub(crate) shareable: String,
    /// Own static methods: name, argument words, body.
    pub(crate) methods: Vec<(&'static str, u8, &'static str)>,
    /// Names of API interfaces that the applet implements, with the bodies of their methods in
    /// the order of the tokens: argument words, body.
    pub(crate) implements: Option<(&'static str, Vec<(u8, &'static str)>)>,
    /// A shareable interface of its own with one method of one short argument: its body.
    pub(crate) service: Option<&'static str>,
    /// Cells of the applet's fields: shorts first, then references.
    pub(crate) shorts: u8,
    pub(crate) references: u8,
    /// Bytes of static fields; the first two are a reference, the others primitive.
    pub(crate) statics: u16,
    /// Exception handlers of `process`, by label: start, end, handler, class (or "").
    pub(crate) catches: Vec<(&'static str, &'static str, &'static str, &'static str)>,
}

impl Default for Package {
    fn default() -> Self {
        Self {
            aid: vec![0xF0, 1, 2, 3, 4, 5],
            process: "return".into(),
            construct: String::new(),
            select: "sconst_1; sreturn".into(),
            shareable: "aconst_null".into(),
            methods: Vec::new(),
            implements: None,
            service: None,
            shorts: 8,
            references: 4,
            statics: 8,
            catches: Vec::new(),
        }
    }
}

/// The token of the first own virtual method of a class that extends Applet.
pub(crate) const FIRST_OWN_TOKEN: u8 = 8;

/// Leaves the short on top of the stack in the response.
pub(crate) const ANSWER: &str = "
    sstore 9
    aload_1; invokevirtual javacard/framework/APDU.getBuffer()[B
    sconst_0; sload 9; invokestatic javacard/framework/Util.setShort([BSS)S; pop
    aload_1; sconst_0; sconst_2; invokevirtual javacard/framework/APDU.setOutgoingAndSend(SS)V
    return";

/// Runs the part of `branches` that P1 (from 0 on) names; what it leaves on the stack is answered.
pub(crate) fn by_p1(branches: &[&str]) -> String {
    let labels: Vec<String> = (0..branches.len()).map(|n| format!("case{n}")).collect();
    let mut program = format!(
        "aload_0; invokevirtual javacard/framework/Applet.selectingApplet()Z; ifne_w other
         aload_1; invokevirtual javacard/framework/APDU.getBuffer()[B; sconst_2; baload
         stableswitch other 0 {}
         other: return\n",
        labels.join(" ")
    );
    for (label, branch) in labels.iter().zip(branches) {
        program += &format!("{label}: {branch}\ngoto_w answer\n");
    }
    program + "answer: " + ANSWER
}

impl Package {
    pub(crate) fn answering(program: &str) -> Self {
        Self {
            process: format!("{program}\n{ANSWER}"),
            ..Self::default()
        }
    }

    pub(crate) fn applet_aid(&self) -> Aid {
        Aid::new(&[self.aid.as_slice(), &[1]].concat()).unwrap()
    }

    /// The CAP file. Method offsets need the code's sizes and code needs the offsets, so the
    /// package is laid out twice.
    pub(crate) fn build(&self) -> CapFile {
        let mut symbols = Symbols::default();
        symbols.class_reference("java/lang/Object");
        symbols.class_reference("javacard/framework/Applet");
        let interfaces: u16 = if self.service.is_some() { 3 } else { 0 };
        symbols.classes = vec![interfaces];
        if self.service.is_some() {
            symbols.classes.push(0);
            symbols.class_reference("javacard/framework/Shareable");
        }
        for name in ["construct", "install", "process"] {
            symbols.methods.insert(name.into(), 1);
        }
        for (name, ..) in &self.methods {
            symbols.methods.insert((*name).into(), 1);
        }
        self.lay_out(&mut symbols);
        let (method, own) = self.lay_out(&mut symbols);
        let offsets = symbols.methods.clone();
        let offset = |name: &str| offsets[name];
        let applet = symbols.class_reference("javacard/framework/Applet");
        let inherited = [
            INHERITED,
            INHERITED,
            INHERITED,
            INHERITED,
            INHERITED,
            offset("shareable").into(),
            offset("select").into(),
            offset("process").into(),
        ];
        let mut class = ClassInfo {
            super_class: Some(applet),
            declared_instance_size: self.shorts + self.references,
            first_reference_token: if self.references > 0 {
                self.shorts
            } else {
                0xFF
            },
            reference_count: self.references,
            public_method_table_base: 0,
            public_virtual_methods: inherited
                .into_iter()
                .chain(own.iter().map(|offset| CodeOffset::from(*offset)))
                .collect(),
            ..ClassInfo::default()
        };
        let tokens: Vec<u8> = (FIRST_OWN_TOKEN..).take(own.len()).collect();
        let mut interface_infos = Vec::new();
        if let Some((name, _)) = &self.implements {
            class.interfaces.push(ImplementedInterface {
                interface: symbols.class_reference(name),
                methods: tokens.clone(),
            });
            let (_, interface) = Api::builtin().find_class(name).unwrap();
            if interface.flags.shareable {
                class.flags = ClassInfo::ACC_SHAREABLE;
            }
        }
        if self.service.is_some() {
            let shareable = symbols.class_reference("javacard/framework/Shareable");
            interface_infos.push(InterfaceInfo {
                flags: ClassInfo::ACC_INTERFACE | ClassInfo::ACC_SHAREABLE,
                superinterfaces: vec![shareable],
                remote_name: None,
            });
            class.flags = ClassInfo::ACC_SHAREABLE;
            class.interfaces.push(ImplementedInterface {
                interface: cap_file::component::ClassRef::Internal(0),
                methods: tokens,
            });
            class.interfaces.push(ImplementedInterface {
                interface: shareable,
                methods: Vec::new(),
            });
        }
        let mut cap = CapFile {
            header: Header {
                format: Version::new(2, 1),
                flags: Header::ACC_INT | Header::ACC_APPLET,
                package: PackageInfo {
                    version: Version::new(1, 0),
                    aid: self.aid.as_slice().into(),
                },
                package_name: None,
                public_packages: Vec::new(),
            },
            applet: Some(AppletComponent {
                applets: vec![AppletInfo {
                    aid: self.applet_aid().as_bytes().into(),
                    install_method_offset: offset("install").into(),
                }],
            }),
            import: Import {
                packages: symbols
                    .imports
                    .iter()
                    .map(|name| {
                        let package = Api::builtin().find_package_by_name(name).unwrap();
                        PackageInfo {
                            version: package.versions[0],
                            aid: package.aid.clone(),
                        }
                    })
                    .collect(),
            },
            method,
            static_field: StaticFieldComponent {
                image_size: self.statics,
                reference_count: 1,
                default_value_count: self.statics - 2,
                ..StaticFieldComponent::default()
            },
            ..CapFile::default()
        };
        cap.constant_pool.entries = symbols.constants.clone();
        cap.class.interfaces = interface_infos;
        cap.class.classes = vec![class];
        cap.update_directory().unwrap();
        cap
    }

    /// Assembles all methods; gives the offsets of the own virtual ones.
    fn lay_out(&self, symbols: &mut Symbols) -> (MethodComponent, Vec<u16>) {
        let mut component = MethodComponent {
            exception_handlers: self
                .catches
                .iter()
                .map(|_| ExceptionHandler {
                    start_offset: 0,
                    stop: true,
                    active_length: 0,
                    handler_offset: 0,
                    catch_type_index: 0,
                })
                .collect(),
            ..MethodComponent::default()
        };
        let add = |component: &mut MethodComponent, header: MethodHeader, code: &[u8]| {
            component.push(&header, code).unwrap()
        };
        let construct = assemble(
            &format!(
                "aload_0; invokespecial javacard/framework/Applet.<init>()V\n{}\nreturn",
                self.construct
            ),
            symbols,
        );
        let offset = add(&mut component, MethodHeader::new(12, 1, 9), &construct);
        symbols.methods.insert("construct".into(), offset);
        let install = assemble(
            "new =0; dup; invokespecial :construct; astore_3
             aload_3; aload_0; sload_1; sconst_1; sadd; aload_0; sload_1; baload
             invokevirtual javacard/framework/Applet.register([BSB)V; return",
            symbols,
        );
        let offset = add(&mut component, MethodHeader::new(12, 3, 1), &install);
        symbols.methods.insert("install".into(), offset);
        let (process, labels) = assemble_labelled(&self.process, symbols);
        let offset = add(&mut component, MethodHeader::new(15, 2, 12), &process);
        symbols.methods.insert("process".into(), offset);
        let start = offset + MethodHeader::new(15, 2, 12).size();
        for (index, (from, to, target, class)) in self.catches.iter().enumerate() {
            let place = |label: &str| u16::try_from(labels[label]).unwrap() + start;
            let (from, to, target) = (place(from), place(to), place(target));
            let catch_type_index = if class.is_empty() {
                0
            } else {
                let class = symbols.class_reference(class);
                symbols.constant(Constant::Class(class))
            };
            component.exception_handlers[index] = ExceptionHandler {
                start_offset: from,
                stop: index + 1 == self.catches.len(),
                active_length: to - from,
                handler_offset: target,
                catch_type_index,
            };
        }
        let select = assemble(&self.select, symbols);
        let offset = add(&mut component, MethodHeader::new(12, 1, 4), &select);
        symbols.methods.insert("select".into(), offset);
        let shareable = assemble(&format!("{}; areturn", self.shareable), symbols);
        let offset = add(&mut component, MethodHeader::new(12, 3, 4), &shareable);
        symbols.methods.insert("shareable".into(), offset);
        for (name, arguments, body) in &self.methods {
            let code = assemble(body, symbols);
            let offset = add(&mut component, MethodHeader::new(12, *arguments, 12), &code);
            symbols.methods.insert((*name).into(), offset);
        }
        let mut own = Vec::new();
        let bodies = self
            .implements
            .iter()
            .flat_map(|(_, bodies)| bodies.iter().copied());
        for (arguments, body) in bodies.chain(self.service.map(|body| (2, body))) {
            let code = assemble(body, symbols);
            own.push(add(
                &mut component,
                MethodHeader::new(12, arguments, 4),
                &code,
            ));
        }
        (component, own)
    }
}

/// A card with the package loaded, its applet installed (and not selected).
pub(crate) fn card_with(package: &Package) -> Card {
    let mut card = Card::new(&CardConfig::default());
    add(&mut card, package);
    card
}

pub(crate) fn add(card: &mut Card, package: &Package) {
    card.load_cap(&package.build()).unwrap();
    let aid = package.applet_aid();
    card.install(aid, aid, &[]).unwrap();
}

pub(crate) fn select(card: &mut Card, package: &Package) -> Vec<u8> {
    let aid = package.applet_aid();
    let length = u8::try_from(aid.as_bytes().len()).unwrap();
    card.transmit(&[&[0, 0xA4, 4, 0, length], aid.as_bytes()].concat())
}

/// A command with this P1 and no data.
pub(crate) fn command(p1: u8) -> [u8; 5] {
    [0x80, 1, p1, 0, 0]
}

/// The response to [`command`] as a number: the short of a successful one, or the status word
/// above 65535.
pub(crate) fn ask(card: &mut Card, p1: u8) -> i32 {
    match card.transmit(&command(p1)).as_slice() {
        [high, low, 0x90, 0] => i16::from_be_bytes([*high, *low]).into(),
        [sw1, sw2] => 0x10000 + i32::from(u16::from_be_bytes([*sw1, *sw2])),
        other => panic!("{other:02X?}"),
    }
}
