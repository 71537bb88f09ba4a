//! The applet itself.

use crate::{Platform, Result};

/// Names the package (executable load file) that holds an applet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Package {
    /// The package AID, 5 to 16 bytes; its first five (the RID) are those of its applets' AIDs.
    pub aid: &'static [u8],
    /// The major version of the package.
    pub major: u8,
    /// The minor version of the package.
    pub minor: u8,
}

/// A Java Card applet (`javacard.framework.Applet`).
pub trait Applet<P: Platform>: Sized + 'static {
    /// The package that the applet is compiled into.
    const PACKAGE: Package;
    /// The AID of the applet's class (executable module), 5 to 16 bytes.
    const AID: &'static [u8];

    /// Makes an instance; the only place that allocates. `parameters` is the applet's own part of
    /// the INSTALL command's parameters (the value of tag `C9`, GPCS 2.3.1 §11.5.2.3.7), 0 to 127
    /// bytes.
    ///
    /// # Errors
    /// A status word that refuses the installation; nothing of the instance stays.
    fn install(platform: &mut P, parameters: &[u8]) -> Result<Self>;

    /// Answers a command, other than the SELECT that selects this instance.
    ///
    /// # Errors
    /// The status word of the command where it is not 9000.
    fn process(&mut self, platform: &mut P, apdu: &mut P::Apdu) -> Result;

    /// The instance was deselected: another was selected in its place, or this one again. Not
    /// called by a reset, which clears transient memory and verified PINs by itself.
    fn deselect(&mut self, _platform: &mut P) {}
}
