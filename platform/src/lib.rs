//! What a Card Rust applet stands on: the secure element, in Rust terms.
//!
//! An applet is generic over one [`Platform`]. On this machine that is `host::Host` (feature
//! `host`), which behaves as a Java Card does: retry counters that no rollback restores, memory
//! that is cleared by reset and deselect, transactions that roll back. On the card the type
//! parameter is erased and every method below is the Java Card API call that its documentation
//! names; the table that binds them is part of the compiler.
//!
//! Everything is allocated by [`Applet::install`], nothing afterwards. State that changes lives in
//! [`Cell`]s and [`Bytes`]; a plain field of an applet's struct is fixed when it is installed.
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "host")]
extern crate std;

use core::ops::DerefMut;

mod apdu;
mod applet;
mod byte_vec;
mod crypto;
#[cfg(feature = "host")]
pub mod host;
mod memory;
mod pin;
mod secure_channel;
mod shareable;

pub use apdu::Apdu;
pub use apdu_spec::StatusWord;
pub use applet::{Applet, Package};
pub use byte_vec::ByteVec;
pub use crypto::{AesCbc, AesKey, Digest, EcKeyPair, EcdsaSigner, Random, RsaKeyPair, RsaSigner};
pub use memory::{Bytes, Cell, Value};
pub use pin::OwnerPin;
pub use secure_channel::SecureChannel;
pub use shareable::{Aid, Interface, Serve};

/// What an applet's function gives: a value, or the status word that ends the command
/// (on the card a throw of `javacard.framework.ISOException`).
pub type Result<T = ()> = core::result::Result<T, StatusWord>;

/// The secure element: a bundle of types and the ways to make them, erased on the card.
pub trait Platform: Sized + 'static {
    /// One persistent value (on the card a field).
    type Cell<T: Value>: Cell<T>;
    /// `N` persistent bytes (on the card a `byte[]`).
    type Bytes<const N: usize>: Bytes;
    /// One value that reset and deselection set to zero (`CLEAR_ON_DESELECT`).
    type TransientCell<T: Value>: Cell<T>;
    /// `N` bytes that reset and deselection set to zero (`CLEAR_ON_DESELECT`).
    type TransientBytes<const N: usize>: Bytes;
    /// A PIN with its retry counter (`javacard.framework.OwnerPIN`).
    type Pin: OwnerPin;
    /// An RSA key pair (`javacard.security.KeyPair`).
    type RsaKeyPair: RsaKeyPair;
    /// An RSA signer (`javacardx.crypto.Cipher`, `ALG_RSA_PKCS1`).
    type RsaSigner: RsaSigner<Self::RsaKeyPair>;
    /// A random number generator (`javacard.security.RandomData`).
    type Random: Random;
    /// A hash function (`javacard.security.MessageDigest`).
    type Digest: Digest;
    /// An AES key (`javacard.security.AESKey`).
    type AesKey: AesKey;
    /// AES in CBC mode (`javacardx.crypto.Cipher`).
    type AesCbc: AesCbc<Self::AesKey>;
    /// A key pair on P-256 (`javacard.security.KeyPair`).
    type EcKeyPair: EcKeyPair;
    /// An ECDSA signer (`javacard.security.Signature`).
    type EcdsaSigner: EcdsaSigner<Self::EcKeyPair>;
    /// The command under way (`javacard.framework.APDU`).
    type Apdu: Apdu;
    /// The applet's end of a GlobalPlatform secure channel (`org.globalplatform.SecureChannel`).
    type SecureChannel: SecureChannel<Self::Apdu>;
    /// The AID of an applet on the card (`javacard.framework.AID`).
    type Aid: Aid;
    /// Another applet, as far as it lets itself be called.
    type Shared<T: Interface + ?Sized>: DerefMut<Target = T>;

    /// Makes a persistent value. Only while the applet is installed.
    fn cell<T: Value>(&mut self, initial: T) -> Self::Cell<T>;
    /// Makes `N` persistent bytes, all zero. Only while the applet is installed.
    fn bytes<const N: usize>(&mut self) -> Self::Bytes<N>;
    /// Makes a transient value: its default, which must be zero (`false`, the first variant), after
    /// every reset and deselection. Only while the applet is installed.
    fn transient_cell<T: Value + Default>(&mut self) -> Self::TransientCell<T>;
    /// Makes `N` transient bytes. Only while the applet is installed.
    fn transient_bytes<const N: usize>(&mut self) -> Self::TransientBytes<N>;
    /// Makes a PIN of at most `max_size` bytes (1..=127) that blocks after `tries` (1..=127) wrong
    /// presentations in a row. Only while the applet is installed.
    fn pin(&mut self, tries: u8, max_size: u8) -> Self::Pin;
    /// Makes an empty RSA key pair with a modulus of `bits` bits (2048 is what every card has).
    /// Only while the applet is installed.
    fn rsa_key_pair(&mut self, bits: u16) -> Self::RsaKeyPair;
    /// Makes a signer. Only while the applet is installed.
    fn rsa_signer(&mut self) -> Self::RsaSigner;
    /// Makes a random number generator. Only while the applet is installed.
    fn random(&mut self) -> Self::Random;
    /// Makes a SHA-1 (`ALG_SHA`). Only while the applet is installed.
    fn sha1(&mut self) -> Self::Digest;
    /// Makes a SHA-256 (`ALG_SHA_256`, Java Card 2.2.2). Only while the applet is installed.
    fn sha256(&mut self) -> Self::Digest;
    /// Makes an AES key of 128, 192 or 256 `bits` that is not set yet. Only while the applet is installed.
    fn aes_key(&mut self, bits: u16) -> Self::AesKey;
    /// Makes an AES cipher. Only while the applet is installed.
    fn aes_cbc(&mut self) -> Self::AesCbc;
    /// Makes an empty key pair on P-256. Only while the applet is installed.
    fn ec_key_pair(&mut self) -> Self::EcKeyPair;
    /// Makes an ECDSA signer (Java Card 3.0.1). Only while the applet is installed.
    fn ecdsa_signer(&mut self) -> Self::EcdsaSigner;

    /// The secure channel of the applet's security domain (`GPSystem.getSecureChannel`).
    fn secure_channel(&mut self) -> Self::SecureChannel;

    /// The applet with the AID `server`, as far as it lets this one call it; `None` where there is none, or it does
    /// not (`JCSystem.lookupAID`, `JCSystem.getAppletShareableInterfaceObject`). To be looked up in each command that
    /// needs it: an applet can be deleted between two of them.
    fn shareable<T: Interface + ?Sized>(
        &mut self,
        server: &[u8],
        parameter: u8,
    ) -> Option<Self::Shared<T>>;
    /// Whether this method of a shareable interface was called by the applet `aid`
    /// (`JCSystem.getPreviousContextAID`).
    fn called_by(&mut self, aid: &[u8]) -> bool;

    /// Runs `body` atomically: all of its persistent writes happen, or none
    /// (`JCSystem.beginTransaction` … `commitTransaction`). An `Err` must leave the command with
    /// `?`: the transaction is then aborted, and so it is when power fails. Transactions do not
    /// nest. Retry counters are outside of every transaction.
    ///
    /// # Errors
    /// What `body` returns.
    fn atomically<T>(&mut self, body: impl FnOnce(&mut Self) -> Result<T>) -> Result<T>;
}
