//! Shareable interfaces: what an applet lets the applets of other packages call
//! (`javacard.framework.Shareable`; JCRE 3.0.5 chapter 6).
//!
//! An interface is a trait that [`shareable!`](crate::shareable!) declares. The applet that serves it implements it and
//! [`Serve`]; others get at it by [`Platform::shareable`].
//!
//! Between two packages stands the firewall. An argument is a scalar, the APDU, or a part of the APDU buffer, which is
//! the one array that all applets may use; any other array is refused with 6F00 on the card, and with a panic on the
//! host. While its method runs, the serving applet is in its own context: its transient memory that deselection
//! clears is out of reach, unless it is the selected applet itself.

use crate::{Applet, Platform};

/// The AID of an applet on the card (`javacard.framework.AID`).
pub trait Aid {
    /// Whether it is these bytes, 5 to 16.
    fn equals(&self, bytes: &[u8]) -> bool;
}

/// A `dyn Trait` of a trait that [`shareable!`](crate::shareable!) has declared.
pub trait Interface: 'static {}

/// An applet that others may call (`Applet.getShareableInterfaceObject`).
pub trait Serve<P: Platform>: Applet<P> {
    /// What they call: `dyn Trait` of a shareable trait that the applet implements.
    type Interface: Interface + ?Sized;

    /// Whether the applet `client` may; `parameter` is what it gave to [`Platform::shareable`].
    fn serves(&mut self, client: &P::Aid, parameter: u8) -> bool;

    /// The applet as others call it: `self`. On the card nothing is run for it.
    fn interface(&mut self) -> &mut Self::Interface;
}

/// Declares a trait whose methods the applets of other packages may call.
///
/// Each method takes `&mut self` and the platform, and then scalars (`bool`, `u8`, `i8`, `u16`, `i16`, `usize`), byte
/// slices, and the APDU; it gives a scalar, nothing, or a `Result` of these.
///
/// ```
/// use platform::{Platform, Result, shareable};
///
/// shareable! {
///     /// What others may do with a purse.
///     pub trait Purse<P: Platform> {
///         /// What is in it.
///         fn balance(&mut self, platform: &mut P) -> u16;
///         /// Takes something out.
///         fn debit(&mut self, platform: &mut P, amount: u16) -> Result;
///     }
/// }
/// ```
#[macro_export]
macro_rules! shareable {
    (
        $(#[$meta:meta])*
        $visibility:vis trait $name:ident<$p:ident: $bound:path> {
            $(
                $(#[$method_meta:meta])*
                fn $method:ident(&mut self, $platform:ident: &mut $own:ident $(, $argument:ident: $ty:ty)* $(,)?)
                    $(-> $result:ty)?;
            )*
        }
    ) => {
        $(#[$meta])*
        $visibility trait $name<$p: $bound> {
            $(
                $(#[$method_meta])*
                fn $method(&mut self, $platform: &mut $own $(, $argument: $ty)*) $(-> $result)?;
            )*
        }

        impl<$p: $bound> $crate::Interface for dyn $name<$p> {}

        $crate::__on_the_host! {
            impl<$p: $crate::host::Simulated> $name<$p> for $crate::host::Proxy<$p, dyn $name<$p>> {
                $(
                    fn $method(&mut self, $platform: &mut $own $(, $argument: $ty)*) $(-> $result)? {
                        $( $crate::host::Proxy::pass(self, &$argument, stringify!($argument)); )*
                        $crate::host::Proxy::enter(self, $platform, |object, platform| {
                            object.$method(platform $(, $argument)*)
                        })
                    }
                )*
            }

            impl<$p: $crate::host::Simulated> $crate::host::Proxied<$p> for dyn $name<$p> {
                fn boxed(proxy: $crate::host::Proxy<$p, Self>) -> $crate::host::Boxed<Self> {
                    $crate::host::Boxed::new(proxy)
                }
            }
        }
    };
}

/// Its argument, where the platform of this machine is compiled in.
#[cfg(feature = "host")]
#[doc(hidden)]
#[macro_export]
macro_rules! __on_the_host {
    ($($item:item)*) => { $($item)* };
}

/// Nothing.
#[cfg(not(feature = "host"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __on_the_host {
    ($($item:item)*) => {};
}
