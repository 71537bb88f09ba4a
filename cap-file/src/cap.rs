//! A whole CAP file.

use crate::component::applet::AppletComponent;
use crate::component::class::ClassComponent;
use crate::component::constant_pool::ConstantPool;
use crate::component::custom::CustomComponent;
use crate::component::debug::Debug;
use crate::component::descriptor::Descriptor;
use crate::component::directory::Directory;
use crate::component::export::Export;
use crate::component::header::Header;
use crate::component::import::Import;
use crate::component::method::MethodComponent;
use crate::component::reference_location::ReferenceLocation;
use crate::component::static_field::StaticFieldComponent;

/// The components of one package (JCVM §6).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct CapFile {
    /// Which package this is.
    pub header: Header,
    /// The sizes of the others; [`CapFile::update_directory`] fills it in.
    pub directory: Directory,
    /// Present if the package has applets.
    pub applet: Option<AppletComponent>,
    /// Imported packages.
    pub import: Import,
    /// Constant pool.
    pub constant_pool: ConstantPool,
    /// Classes and interfaces.
    pub class: ClassComponent,
    /// Code.
    pub method: MethodComponent,
    /// Static fields.
    pub static_field: StaticFieldComponent,
    /// Where the code refers to the constant pool.
    pub reference_location: ReferenceLocation,
    /// Present if other packages can link to this one.
    pub export: Option<Export>,
    /// What a verifier needs; absent in what a card receives.
    pub descriptor: Option<Descriptor>,
    /// Names and lines, in files made for debugging.
    pub debug: Option<Debug>,
    /// Components that the standard does not define.
    pub custom: Vec<CustomComponent>,
}
