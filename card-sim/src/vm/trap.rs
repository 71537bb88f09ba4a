//! What can end the normal flow of a program.

/// The classes of throwable objects that the virtual machine and the API throw themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Throwable {
    /// `java.lang.NullPointerException`
    NullPointer,
    /// `java.lang.ArrayIndexOutOfBoundsException`
    ArrayIndexOutOfBounds,
    /// `java.lang.NegativeArraySizeException`
    NegativeArraySize,
    /// `java.lang.ClassCastException`
    ClassCast,
    /// `java.lang.ArithmeticException`
    Arithmetic,
    /// `java.lang.SecurityException`
    Security,
    /// `java.lang.ArrayStoreException`
    ArrayStore,
    /// `java.lang.IndexOutOfBoundsException`
    IndexOutOfBounds,
    /// `javacard.framework.APDUException`
    Apdu,
    /// `javacard.framework.ISOException`
    Iso,
    /// `javacard.framework.PINException`
    Pin,
    /// `javacard.framework.SystemException`
    System,
    /// `javacard.framework.TransactionException`
    Transaction,
    /// `javacard.framework.CardException`
    Card,
    /// `javacard.framework.CardRuntimeException`
    CardRuntime,
    /// `javacard.framework.UserException`
    User,
    /// `javacard.framework.service.ServiceException`
    Service,
    /// `javacard.security.CryptoException`
    Crypto,
    /// `javacardx.framework.util.UtilException`
    Util,
    /// `javacardx.framework.tlv.TLVException`
    Tlv,
    /// `javacardx.framework.string.StringException`
    String,
    /// `javacardx.biometry.BioException`
    Bio,
    /// `javacardx.biometry1toN.Bio1toNException`
    BioToN,
    /// `javacardx.external.ExternalException`
    External,
}

impl Throwable {
    /// Every one of them, in the order of the discriminants.
    pub const ALL: [Self; 24] = [
        Self::NullPointer,
        Self::ArrayIndexOutOfBounds,
        Self::NegativeArraySize,
        Self::ClassCast,
        Self::Arithmetic,
        Self::Security,
        Self::ArrayStore,
        Self::IndexOutOfBounds,
        Self::Apdu,
        Self::Iso,
        Self::Pin,
        Self::System,
        Self::Transaction,
        Self::Card,
        Self::CardRuntime,
        Self::User,
        Self::Service,
        Self::Crypto,
        Self::Util,
        Self::Tlv,
        Self::String,
        Self::Bio,
        Self::BioToN,
        Self::External,
    ];

    /// The name of the class, in the form of export files.
    #[must_use]
    pub fn class_name(self) -> &'static str {
        match self {
            Self::NullPointer => "java/lang/NullPointerException",
            Self::ArrayIndexOutOfBounds => "java/lang/ArrayIndexOutOfBoundsException",
            Self::NegativeArraySize => "java/lang/NegativeArraySizeException",
            Self::ClassCast => "java/lang/ClassCastException",
            Self::Arithmetic => "java/lang/ArithmeticException",
            Self::Security => "java/lang/SecurityException",
            Self::ArrayStore => "java/lang/ArrayStoreException",
            Self::IndexOutOfBounds => "java/lang/IndexOutOfBoundsException",
            Self::Apdu => "javacard/framework/APDUException",
            Self::Iso => "javacard/framework/ISOException",
            Self::Pin => "javacard/framework/PINException",
            Self::System => "javacard/framework/SystemException",
            Self::Transaction => "javacard/framework/TransactionException",
            Self::Card => "javacard/framework/CardException",
            Self::CardRuntime => "javacard/framework/CardRuntimeException",
            Self::User => "javacard/framework/UserException",
            Self::Service => "javacard/framework/service/ServiceException",
            Self::Crypto => "javacard/security/CryptoException",
            Self::Util => "javacardx/framework/util/UtilException",
            Self::Tlv => "javacardx/framework/tlv/TLVException",
            Self::String => "javacardx/framework/string/StringException",
            Self::Bio => "javacardx/biometry/BioException",
            Self::BioToN => "javacardx/biometry1toN/Bio1toNException",
            Self::External => "javacardx/external/ExternalException",
        }
    }
}

/// Why an instruction or a native method did not complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trap {
    /// The runtime environment throws an exception of its own, with this reason code
    /// (0 for classes of `java.lang`, which carry none).
    Throw(Throwable, i16),
    /// The program threw this object.
    Thrown(u16),
    /// Power was cut (a tear): nothing further happens before the next reset.
    PowerLoss,
    /// The command took more instructions than its budget allows.
    StepBudget,
    /// Frames do not fit in the stack any more.
    StackOverflow,
    /// The code did something that no verified code does.
    BadCode(&'static str),
    /// The code called a method of the API that this card does not implement.
    Unsupported(u32),
}

impl Trap {
    /// A `SystemException` for want of memory (`NO_RESOURCE`).
    pub const NO_RESOURCE: Self = Self::Throw(Throwable::System, 5);
    /// A `NullPointerException`.
    pub const NULL: Self = Self::Throw(Throwable::NullPointer, 0);
    /// A `SecurityException`, the firewall's answer.
    pub const SECURITY: Self = Self::Throw(Throwable::Security, 0);
    /// An `ArrayIndexOutOfBoundsException`.
    pub const INDEX: Self = Self::Throw(Throwable::ArrayIndexOutOfBounds, 0);
}
