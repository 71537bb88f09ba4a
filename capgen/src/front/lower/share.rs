//! Shareable interfaces: their names and methods on the card, and the applets that serve them.

use super::{Lowering, SHAREABLE};
use crate::diagnostic::{Diagnostic, Span};
use crate::front::define::{StructId, TraitId};
use crate::front::interface::Method;
use crate::front::resolve::Checked;
use crate::front::ty::{Int, Ty, TypeKey};
use crate::ir;
use crate::java::identifier;
use crate::source::CrateId;

impl Lowering<'_> {
    /// The name of an interface in Java form: in this package, or in one that is imported. A copy of another
    /// package's would be another interface.
    pub(super) fn interface_name(&self, id: TraitId, span: Span) -> Checked<String> {
        let definition = &self.context.definitions.traits[id.0];
        if definition.krate == CrateId(0) {
            return Ok(format!("{}/{}", self.name(), definition.name));
        }
        let krate = &self.context.modules[self.context.roots[definition.krate.0].0].name;
        let Some(package) = self.context.imports.get(&definition.krate) else {
            return Err(Diagnostic::new(
                span,
                format!(
                    "the shareable interface `{}` is of `{krate}`, which is not imported",
                    definition.name
                ),
                "server and client must mean the same interface",
            )
            .help(format!(
                "build `{krate}` first, and give its export file with `--import`"
            )));
        };
        let found = package
            .class(&definition.name)
            .filter(|class| class.is_interface);
        found.map(|class| class.name.clone()).ok_or_else(|| {
            Diagnostic::new(
                span,
                format!(
                    "the export file of `{}` {} has no interface `{}`",
                    package.name,
                    package.newest(),
                    definition.name
                ),
                "not the same version of the source",
            )
            .help("build the package again")
        })
    }

    /// A method of an interface as it is called.
    pub(super) fn interface_method(
        &mut self,
        id: TraitId,
        index: usize,
        span: Span,
    ) -> Checked<ir::ApiMethod> {
        let methods = self.context.interface_methods(id)?;
        let class = self.interface_name(id, span)?;
        let Some(method) = methods.get(index) else {
            return Err(Diagnostic::new(span, "no such method", "not known"));
        };
        let descriptor = self.interface_descriptor(method)?;
        let name = identifier(&method.name);
        if let Some(package) = self
            .context
            .imports
            .get(&self.context.definitions.traits[id.0].krate)
            && package
                .class(&self.context.definitions.traits[id.0].name)
                .is_some_and(|found| found.method(&name, &descriptor).is_none())
        {
            return Err(Diagnostic::new(
                span,
                format!(
                    "the export file of `{}` {} has no `{name}{descriptor}` in this interface",
                    package.name,
                    package.newest()
                ),
                "not the same version of the source",
            )
            .help("build the package again"));
        }
        Ok(ir::ApiMethod {
            class,
            name,
            descriptor,
        })
    }

    /// The signature of an interface's method.
    pub(super) fn interface_descriptor(&self, method: &Method) -> Checked<String> {
        let mut text = "(".to_owned();
        for (ty, span) in &method.parameters {
            text += &match ty {
                Ty::Platform => String::new(),
                Ty::Slice(element) if **element == Ty::Int(Int::U8) => {
                    format!(
                        "{}SS",
                        super::export::array_descriptor(&self.element_of(element))
                    )
                }
                Ty::Api(class) if class == "javacard/framework/APDU" => format!("L{class};"),
                other => scalar(other)
                    .ok_or_else(|| self.barred(other, *span))?
                    .to_owned(),
            };
        }
        let result = match &method.result {
            Ty::Result(inner) => inner,
            other => other,
        };
        text.push(')');
        text += scalar(result).ok_or_else(|| self.barred(result, method.span))?;
        Ok(text)
    }

    fn barred(&self, ty: &Ty, span: Span) -> Diagnostic {
        Diagnostic::new(
            span,
            format!(
                "a `{}` does not go through the firewall",
                self.context.type_name(ty)
            ),
            "in a shareable interface",
        )
        .help("take `bool`, integers, `&[u8]` and `&mut [u8]` of the APDU buffer, or the APDU; give a `bool`, an integer, nothing, or a `Result` of these")
    }

    /// Makes an applet's class implement the interface that it serves.
    pub(super) fn serve(
        &mut self,
        app: StructId,
        class: ir::ClassId,
        interface: TraitId,
    ) -> Checked<()> {
        let context = self.context;
        let definition = context.struct_def(app);
        let trait_name = context.definitions.traits[interface.0].name.clone();
        let name = self.interface_name(interface, definition.span)?;
        let key = (trait_name.clone(), TypeKey::Struct(app));
        let Some(owner) = context.definitions.implementors.get(&key).copied() else {
            return Err(Diagnostic::new(
                definition.span,
                format!(
                    "`{}` serves `{trait_name}` and does not implement it",
                    definition.name
                ),
                "no `impl` of the trait",
            ));
        };
        self.classes[class.0].implements.push(name);
        for (index, method) in context.interface_methods(interface)?.iter().enumerate() {
            let found =
                context.definitions.fns.iter().position(|function| {
                    function.owner == Some(owner) && function.name == method.name
                });
            let Some(id) = found.map(crate::front::define::FnId) else {
                return Err(Diagnostic::new(
                    definition.span,
                    format!("`{}` has no method `{}`", definition.name, method.name),
                    format!("missing in the `impl` of `{trait_name}`"),
                ));
            };
            let called = self.interface_method(interface, index, definition.span)?;
            let target = ir::FunctionId(self.functions.len());
            self.functions.push(None);
            self.function_ids.insert(id, target);
            let entry = ir::Entry {
                name: called.name,
                descriptor: called.descriptor,
                class: None,
            };
            self.queue.push_back((id, target, Some(entry)));
        }
        Ok(())
    }

    /// What every interface of the card extends.
    pub(super) const fn root_interface() -> &'static str {
        SHAREABLE
    }
}

/// The descriptor of a scalar, or of nothing.
fn scalar(ty: &Ty) -> Option<&'static str> {
    match ty {
        Ty::Unit => Some("V"),
        Ty::Bool => Some("Z"),
        Ty::Int(_) => Some("S"),
        _ => None,
    }
}
