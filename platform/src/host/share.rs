//! Shareable interfaces on this machine: calls from one applet to another, through the firewall.

use super::context::Active;
use super::element::Slot;
use super::{Host, HostAid, HostApdu};
use crate::{Aid as _, Interface, Platform, Serve};
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};
use std::any::Any;
pub use std::boxed::Box as Boxed;
use std::boxed::Box;
use std::cell::RefCell;
use std::rc::Rc;
use std::vec::Vec;

/// A platform of this machine, as the proxies of shareable interfaces need it.
pub trait Simulated: Platform<Apdu = HostApdu> {
    #[doc(hidden)]
    fn host(&mut self) -> &mut Host;
}

impl Simulated for Host {
    fn host(&mut self) -> &mut Host {
        self
    }
}

/// A `dyn Trait` that a proxy can stand for. [`shareable!`](crate::shareable!) implements it.
pub trait Proxied<P: Simulated>: Interface {
    #[doc(hidden)]
    fn boxed(proxy: Proxy<P, Self>) -> Box<Self>;
}

/// A value that a call may take through the firewall.
pub trait Argument {
    #[doc(hidden)]
    fn bytes(&self) -> Option<&[u8]>;
}

macro_rules! scalars {
    ($($ty:ty)*) => {$(
        impl Argument for $ty {
            fn bytes(&self) -> Option<&[u8]> {
                None
            }
        }
    )*};
}
scalars! { bool u8 i8 u16 i16 usize &mut HostApdu }

impl Argument for &[u8] {
    fn bytes(&self) -> Option<&[u8]> {
        Some(self)
    }
}

impl Argument for &mut [u8] {
    fn bytes(&self) -> Option<&[u8]> {
        Some(self)
    }
}

/// Calls something with the object of the serving applet.
type WithObject<T> = Rc<dyn Fn(&mut dyn FnMut(&mut T))>;

/// Another applet, behind the firewall.
pub struct Proxy<P: Simulated, T: ?Sized> {
    with: WithObject<T>,
    server: Rc<Slot>,
    platform: PhantomData<P>,
}

impl<P: Simulated, T: ?Sized> Proxy<P, T> {
    /// # Panics
    /// Where the firewall would refuse an argument: an array that is not the APDU buffer.
    #[doc(hidden)]
    pub fn pass(this: &Self, argument: &impl Argument, name: &str) {
        let contexts = &this.server.contexts;
        if let Some(bytes) = argument.bytes()
            && contexts.active().context != Some(this.server.context)
        {
            assert!(
                contexts.is_global(bytes),
                "argument `{name}` of a shareable interface is an array that is not the APDU buffer"
            );
        }
    }

    /// Switches to the context of the serving applet for one call.
    ///
    /// # Panics
    /// Where the serving applet is in the middle of a call already.
    #[doc(hidden)]
    pub fn enter<R>(
        this: &mut Self,
        platform: &mut P,
        body: impl FnOnce(&mut T, &mut P) -> R,
    ) -> R {
        let contexts = Rc::clone(&this.server.contexts);
        let before = contexts.active();
        // Within a package nothing is switched.
        if before.context != Some(this.server.context) {
            contexts.set_active(Active {
                context: Some(this.server.context),
                applet: this.server.aid.clone(),
                caller: before.context.map(|_| before.applet.clone()),
            });
        }
        let (mut body, mut result) = (Some(body), None);
        (this.with)(&mut |object| {
            if let Some(body) = body.take() {
                result = Some(body(object, platform));
            }
        });
        contexts.set_active(before);
        match result {
            Some(result) => result,
            None => unreachable!("the object is called once"),
        }
    }
}

/// What [`Platform::shareable`] gives.
pub struct HostShared<T: ?Sized>(Box<T>);

impl<T: ?Sized> Deref for HostShared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: ?Sized> DerefMut for HostShared<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

/// An applet that others may call.
pub(super) trait Server {
    /// Whether the applet lets `client` call it.
    fn serves(&self, client: &HostAid, parameter: u8) -> bool;
    /// A `Box<T>` of a proxy, for the interface `T` that it serves.
    fn proxy(&self, slot: &Rc<Slot>) -> Box<dyn Any>;
}

pub(super) struct Serving<A>(pub(super) Rc<RefCell<A>>);

impl<A: Serve<Host>> Server for Serving<A>
where
    A::Interface: Proxied<Host>,
{
    fn serves(&self, client: &HostAid, parameter: u8) -> bool {
        let Ok(mut applet) = self.0.try_borrow_mut() else {
            panic!("the applet is in the middle of a call already");
        };
        applet.serves(client, parameter)
    }

    fn proxy(&self, slot: &Rc<Slot>) -> Box<dyn Any> {
        let applet = Rc::clone(&self.0);
        let with: WithObject<A::Interface> = Rc::new(move |body| {
            let Ok(mut applet) = applet.try_borrow_mut() else {
                panic!("the applet is in the middle of a call already");
            };
            body(applet.interface());
        });
        Box::new(A::Interface::boxed(Proxy {
            with,
            server: Rc::clone(slot),
            platform: PhantomData,
        }))
    }
}

impl Host {
    /// [`Platform::shareable`].
    pub(super) fn find_shareable<T: Interface + ?Sized>(
        &self,
        server: &[u8],
        parameter: u8,
    ) -> Option<HostShared<T>> {
        let slot = self
            .applets
            .borrow()
            .iter()
            .find(|slot| slot.aid == server)
            .cloned()?;
        let serving = slot.server.borrow().clone()?;
        let contexts = Rc::clone(&slot.contexts);
        let before = contexts.active();
        let client = HostAid::new(&before.applet);
        // The runtime environment asks the applet in the client's place.
        contexts.set_active(Active {
            context: Some(slot.context),
            applet: slot.aid.clone(),
            caller: None,
        });
        let serves = serving.serves(&client, parameter);
        contexts.set_active(before);
        if !serves {
            return None;
        }
        match serving.proxy(&slot).downcast::<Box<T>>() {
            Ok(object) => Some(HostShared(*object)),
            Err(_) => panic!("the applet serves another interface"),
        }
    }

    /// [`Platform::called_by`].
    pub(super) fn is_called_by(&self, aid: &[u8]) -> bool {
        let caller: Option<Vec<u8>> = self.contexts.active().caller;
        caller.is_some_and(|caller| HostAid::new(&caller).equals(aid))
    }
}
