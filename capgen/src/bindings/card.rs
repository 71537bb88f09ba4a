//! The platform on the card: each method of the platform traits as calls of the Java Card API.
//!
//! The compiler reads this text, and only here `javacard`, `javacardx` and `org` name API classes:
//! `Class::new(…)` is a constructor, `Class::method(…)` a static method, `object.method(…)` a
//! method of the object's API class, `Class::CONSTANT` a constant; integer arguments are converted to
//! the parameter's type as `as` does, and `downcast::<Class>(object)` is a `checkcast`.
//! `slice.array()`, `slice.offset()` and `slice_of(array, offset, length)` take slices apart
//! and make them. `upcast::<Class>(object)` is the object, `null::<Class>()` is null, `is_null(object)`
//! asks for it. `Card` is the platform and `App` is the applet's struct.
//! Cells, byte arrays, and `atomically` are the compiler's own.

use javacard::framework::{AID, APDU, JCSystem, OwnerPIN, Shareable, Util};
use javacard::security::{
    AESKey, ECKey, ECPublicKey, KeyBuilder, KeyPair, MessageDigest, RSAPublicKey, RandomData, Signature,
};
use javacardx::crypto::Cipher;
use org::globalplatform::GPSystem;
use platform::{
    AesCbc, AesKey, Aid, Apdu, Bytes, Digest, EcKeyPair, EcdsaSigner, OwnerPin, Platform, Random, Result, RsaKeyPair,
    RsaSigner, SecureChannel,
};

/// Where command data starts in the APDU buffer (short lengths).
const DATA: usize = 5;
/// The part of the APDU buffer that [`Apdu::buffer`] shows.
const DATA_LENGTH: usize = 256;
/// R-MAC in a security level.
const R_MAC: u8 = 0x10;

/// The curve P-256 (SP 800-186 §3.2.1.3): the prime of its field,
const P256_FIELD: &[u8] = &[
    0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
];
/// its coefficients,
const P256_A: &[u8] = &[
    0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFC,
];
const P256_B: &[u8] = &[
    0x5A, 0xC6, 0x35, 0xD8, 0xAA, 0x3A, 0x93, 0xE7, 0xB3, 0xEB, 0xBD, 0x55, 0x76, 0x98, 0x86, 0xBC,
    0x65, 0x1D, 0x06, 0xB0, 0xCC, 0x53, 0xB0, 0xF6, 0x3B, 0xCE, 0x3C, 0x3E, 0x27, 0xD2, 0x60, 0x4B,
];
/// its generator
const P256_GENERATOR: &[u8] = &[
    0x04, 0x6B, 0x17, 0xD1, 0xF2, 0xE1, 0x2C, 0x42, 0x47, 0xF8, 0xBC, 0xE6, 0xE5, 0x63, 0xA4, 0x40,
    0xF2, 0x77, 0x03, 0x7D, 0x81, 0x2D, 0xEB, 0x33, 0xA0, 0xF4, 0xA1, 0x39, 0x45, 0xD8, 0x98, 0xC2,
    0x96, 0x4F, 0xE3, 0x42, 0xE2, 0xFE, 0x1A, 0x7F, 0x9B, 0x8E, 0xE7, 0xEB, 0x4A, 0x7C, 0x0F, 0x9E,
    0x16, 0x2B, 0xCE, 0x33, 0x57, 0x6B, 0x31, 0x5E, 0xCE, 0xCB, 0xB6, 0x40, 0x68, 0x37, 0xBF, 0x51,
    0xF5,
];
/// and the order of that.
const P256_ORDER: &[u8] = &[
    0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0xBC, 0xE6, 0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51,
];

/// A key pair on P-256. A type of its own: `KeyPair` is the RSA one.
struct EcPair {
    keys: KeyPair,
}

impl Platform for Card {
    type Pin = OwnerPIN;
    type RsaKeyPair = KeyPair;
    type RsaSigner = Cipher;
    type Random = RandomData;
    type Digest = MessageDigest;
    type AesKey = AESKey;
    type AesCbc = Cipher;
    type EcKeyPair = EcPair;
    type EcdsaSigner = Signature;
    type Apdu = APDU;
    type SecureChannel = org::globalplatform::SecureChannel;
    type Aid = AID;

    fn pin(&mut self, tries: u8, max_size: u8) -> OwnerPIN {
        OwnerPIN::new(tries, max_size)
    }

    fn rsa_key_pair(&mut self, bits: u16) -> KeyPair {
        KeyPair::new(KeyPair::ALG_RSA_CRT, bits)
    }

    fn rsa_signer(&mut self) -> Cipher {
        Cipher::getInstance(Cipher::ALG_RSA_PKCS1, false)
    }

    fn random(&mut self) -> RandomData {
        RandomData::getInstance(RandomData::ALG_SECURE_RANDOM)
    }

    fn sha1(&mut self) -> MessageDigest {
        MessageDigest::getInstance(MessageDigest::ALG_SHA, false)
    }

    fn sha256(&mut self) -> MessageDigest {
        MessageDigest::getInstance(MessageDigest::ALG_SHA_256, false)
    }

    fn aes_key(&mut self, bits: u16) -> AESKey {
        downcast::<AESKey>(KeyBuilder::buildKey(KeyBuilder::TYPE_AES, bits, false))
    }

    fn aes_cbc(&mut self) -> Cipher {
        Cipher::getInstance(Cipher::ALG_AES_BLOCK_128_CBC_NOPAD, false)
    }

    fn ec_key_pair(&mut self) -> EcPair {
        EcPair { keys: KeyPair::new(KeyPair::ALG_EC_FP, 256) }
    }

    fn ecdsa_signer(&mut self) -> Signature {
        Signature::getInstance(Signature::ALG_ECDSA_SHA_256, false)
    }

    fn secure_channel(&mut self) -> org::globalplatform::SecureChannel {
        GPSystem::getSecureChannel()
    }

    fn called_by(&mut self, aid: &[u8]) -> bool {
        let caller = JCSystem::getPreviousContextAID();
        if is_null(caller) {
            return false;
        }
        caller.equals(aid.array(), aid.offset(), aid.len())
    }
}

impl Aid for AID {
    fn equals(&self, bytes: &[u8]) -> bool {
        self.equals(bytes.array(), bytes.offset(), bytes.len())
    }
}

impl Bytes for ByteArray {
    fn get(&self, index: usize) -> u8 {
        self[index]
    }

    fn set(&mut self, index: usize, value: u8) {
        self[index] = value;
    }

    fn read(&self, offset: usize, out: &mut [u8]) {
        Util::arrayCopyNonAtomic(self, offset, out.array(), out.offset(), out.len());
    }

    fn write(&mut self, offset: usize, data: &[u8]) {
        Util::arrayCopy(data.array(), data.offset(), self, offset, data.len());
    }

    fn fill(&mut self, offset: usize, length: usize, value: u8) {
        Util::arrayFillNonAtomic(self, offset, length, value);
    }
}

impl OwnerPin for OwnerPIN {
    fn update(&mut self, pin: &[u8]) {
        self.update(pin.array(), pin.offset(), pin.len());
    }

    fn check(&mut self, pin: &[u8]) -> bool {
        self.check(pin.array(), pin.offset(), pin.len())
    }

    fn tries_remaining(&self) -> u8 {
        self.getTriesRemaining() as u8
    }

    fn is_validated(&self) -> bool {
        self.isValidated()
    }

    fn reset(&mut self) {
        self.reset();
    }

    fn reset_and_unblock(&mut self) {
        self.resetAndUnblock();
    }
}

impl RsaKeyPair for KeyPair {
    fn generate(&mut self) {
        self.genKeyPair();
    }

    fn modulus(&self, out: &mut [u8]) -> usize {
        downcast::<RSAPublicKey>(self.getPublic()).getModulus(out.array(), out.offset()) as usize
    }

    fn exponent(&self, out: &mut [u8]) -> usize {
        downcast::<RSAPublicKey>(self.getPublic()).getExponent(out.array(), out.offset()) as usize
    }

    fn clear(&mut self) {
        self.getPrivate().clearKey();
        self.getPublic().clearKey();
    }
}

impl RsaSigner<KeyPair> for Cipher {
    fn sign(&mut self, key: &KeyPair, buffer: &mut [u8], length: usize) -> Result<usize> {
        // Encrypting with a private key pads with block type 01: what a signature wants.
        self.init(key.getPrivate(), Cipher::MODE_ENCRYPT);
        Ok(self.doFinal(buffer.array(), buffer.offset(), length, buffer.array(), buffer.offset()) as usize)
    }
}

impl Random for RandomData {
    fn fill(&mut self, out: &mut [u8]) {
        // None wanted is a `CryptoException` (JCAPI 3.0.5, `RandomData.generateData`).
        if out.len() > 0 {
            self.generateData(out.array(), out.offset(), out.len());
        }
    }
}

impl Digest for MessageDigest {
    fn update(&mut self, part: &[u8]) {
        self.update(part.array(), part.offset(), part.len());
    }

    fn finish(&mut self, part: &[u8], out: &mut [u8]) -> usize {
        self.doFinal(part.array(), part.offset(), part.len(), out.array(), out.offset()) as usize
    }

    fn reset(&mut self) {
        self.reset();
    }
}

impl AesKey for AESKey {
    fn set(&mut self, key: &[u8]) {
        self.setKey(key.array(), key.offset());
    }

    fn is_set(&self) -> bool {
        self.isInitialized()
    }

    fn clear(&mut self) {
        self.clearKey();
    }
}

impl AesCbc<AESKey> for Cipher {
    fn encrypt(&mut self, key: &AESKey, iv: &[u8], data: &mut [u8]) {
        self.init(key, Cipher::MODE_ENCRYPT, iv.array(), iv.offset(), iv.len());
        self.doFinal(data.array(), data.offset(), data.len(), data.array(), data.offset());
    }

    fn decrypt(&mut self, key: &AESKey, iv: &[u8], data: &mut [u8]) {
        self.init(key, Cipher::MODE_DECRYPT, iv.array(), iv.offset(), iv.len());
        self.doFinal(data.array(), data.offset(), data.len(), data.array(), data.offset());
    }
}

/// Puts the domain parameters into a key.
fn set_p256(key: ECKey) {
    key.setFieldFP(P256_FIELD.array(), P256_FIELD.offset(), P256_FIELD.len());
    key.setA(P256_A.array(), P256_A.offset(), P256_A.len());
    key.setB(P256_B.array(), P256_B.offset(), P256_B.len());
    key.setG(P256_GENERATOR.array(), P256_GENERATOR.offset(), P256_GENERATOR.len());
    key.setR(P256_ORDER.array(), P256_ORDER.offset(), P256_ORDER.len());
    key.setK(1);
}

impl EcKeyPair for EcPair {
    fn generate(&mut self) {
        // Cards need the domain parameters, some in both keys, and lose them with `clearKey`.
        set_p256(downcast::<ECKey>(self.keys.getPublic()));
        set_p256(downcast::<ECKey>(self.keys.getPrivate()));
        self.keys.genKeyPair();
    }

    fn public(&self, out: &mut [u8]) -> usize {
        downcast::<ECPublicKey>(self.keys.getPublic()).getW(out.array(), out.offset()) as usize
    }

    fn clear(&mut self) {
        self.keys.getPrivate().clearKey();
        self.keys.getPublic().clearKey();
    }
}

impl EcdsaSigner<EcPair> for Signature {
    fn sign(&mut self, key: &EcPair, message: &[u8], out: &mut [u8]) -> usize {
        self.init(key.keys.getPrivate(), Signature::MODE_SIGN);
        self.sign(message.array(), message.offset(), message.len(), out.array(), out.offset()) as usize
    }
}

impl Apdu for APDU {
    fn cla(&self) -> u8 {
        self.getBuffer()[0]
    }

    fn ins(&self) -> u8 {
        self.getBuffer()[1]
    }

    fn p1(&self) -> u8 {
        self.getBuffer()[2]
    }

    fn p2(&self) -> u8 {
        self.getBuffer()[3]
    }

    fn receive(&mut self) -> Result<usize> {
        // A block of T=1 or a contactless frame may hold less than the whole data field.
        let mut received = self.setIncomingAndReceive() as usize;
        let length = incoming_length(self, received);
        while received < length {
            received += self.receiveBytes(DATA + received) as usize;
        }
        Ok(length)
    }

    fn buffer(&mut self) -> &mut [u8] {
        slice_of(self.getBuffer(), DATA, DATA_LENGTH)
    }

    fn expected(&mut self) -> usize {
        self.setOutgoing() as usize
    }

    fn send(&mut self, length: usize) -> Result {
        if self.getCurrentState() < APDU::STATE_OUTGOING as i8 {
            self.setOutgoing();
        }
        self.setOutgoingLength(length);
        self.sendBytes(DATA, length);
        Ok(())
    }
}

impl SecureChannel<APDU> for org::globalplatform::SecureChannel {
    fn process_security(&mut self, apdu: &mut APDU) -> Result {
        let length = self.processSecurity(apdu) as usize;
        if length > 0 {
            apdu.setOutgoingAndSend(DATA, length);
        }
        Ok(())
    }

    fn security_level(&self) -> u8 {
        self.getSecurityLevel() as u8
    }

    fn receive(&mut self, apdu: &mut APDU) -> Result<usize> {
        let length = Apdu::receive(apdu)?;
        let unwrapped = self.unwrap(apdu.getBuffer(), 0, DATA + length) as usize;
        if unwrapped > DATA {
            return Ok(unwrapped - DATA);
        }
        Ok(0)
    }

    fn send(&mut self, apdu: &mut APDU, length: usize) -> Result {
        if self.getSecurityLevel() as u8 & R_MAC != 0 {
            // The status word is part of what the R-MAC covers.
            let buffer = apdu.getBuffer();
            buffer[DATA + length] = 0x90;
            buffer[DATA + length + 1] = 0x00;
            let wrapped = self.wrap(buffer, DATA, length + 2) as usize;
            return Apdu::send(apdu, wrapped);
        }
        if length > 0 {
            return Apdu::send(apdu, length);
        }
        Ok(())
    }

    fn reset(&mut self) {
        self.resetSecurity();
    }
}

/// `to.copy_from_slice(from)`
fn copy_from_slice(to: &mut [u8], from: &[u8]) {
    Util::arrayCopyNonAtomic(from.array(), from.offset(), to.array(), to.offset(), from.len());
}

/// `buffer.copy_within(from..end, to)`
fn copy_within(buffer: &mut [u8], from: usize, end: usize, to: usize) {
    Util::arrayCopyNonAtomic(buffer.array(), buffer.offset() + from, buffer.array(), buffer.offset() + to, end - from);
}

/// `to.fill(value)`
fn fill(to: &mut [u8], value: u8) {
    Util::arrayFillNonAtomic(to.array(), to.offset(), to.len(), value);
}

/// `a == b`, of as many bytes as `a` has.
fn equal_bytes(a: &[u8], b: &[u8]) -> bool {
    Util::arrayCompare(a.array(), a.offset(), b.array(), b.offset(), a.len()) == 0
}

/// The start of `platform.atomically`.
fn begin_transaction() {
    JCSystem::beginTransaction();
}

/// The start of one write of several words, where no transaction is under way; whether it started one.
fn begin_own_transaction() -> bool {
    let own = JCSystem::getTransactionDepth() == 0;
    if own {
        JCSystem::beginTransaction();
    }
    own
}

/// Its end.
fn commit_transaction() {
    JCSystem::commitTransaction();
}

/// `platform.transient_bytes()`
fn transient_bytes(length: usize) -> ByteArray {
    JCSystem::makeTransientByteArray(length, JCSystem::CLEAR_ON_DESELECT)
}

/// `Applet.install([BSB)V`: the array holds instance AID, control information and the applet's own
/// parameters, each behind its length (JCAPI 3.0.4, `Applet.install`).
fn install(data: ByteArray, offset: usize, _length: i8) -> Result {
    let control = offset + 1 + data[offset] as usize;
    let parameters = control + 1 + data[control] as usize;
    let applet = App::install(Card, slice_of(data, parameters + 1, data[parameters] as usize))?;
    applet.register(data, offset + 1, data[offset]);
    Ok(())
}

/// `Applet.process(APDU)`.
fn process(applet: &mut App, apdu: APDU) -> Result {
    if !applet.selectingApplet() {
        App::process(applet, Card, apdu)?;
    }
    Ok(())
}

/// What the applet with the AID `server` shares, or null.
fn shared(server: &[u8], parameter: u8) -> Shareable {
    let aid = JCSystem::lookupAID(server.array(), server.offset(), server.len());
    if is_null(aid) {
        return null::<Shareable>();
    }
    JCSystem::getAppletShareableInterfaceObject(aid, parameter)
}

/// `Applet.getShareableInterfaceObject(AID, byte)`.
fn share(applet: &mut App, client: AID, parameter: u8) -> Shareable {
    if App::serves(applet, client, parameter) {
        return upcast::<Shareable>(applet);
    }
    null::<Shareable>()
}

/// `Applet.deselect()`.
fn deselect(applet: &mut App) {
    App::deselect(applet, Card);
}
