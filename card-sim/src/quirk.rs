//! What products do in their own way: against a specification, or in a part of it that most others leave alone. A
//! host or an applet that is to run on such a card meets it here first.

use serde::{Deserialize, Serialize};

/// One thing that a kind of card does in its own way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Quirk {
    /// No command with extended length, whatever the applet implements.
    NoExtendedLength,
    /// `JCSystem.requestObjectDeletion` is refused.
    NoObjectDeletion,
    /// GET STATUS answers in the form without tags only.
    UntaggedStatus,
    /// GET STATUS does not list executable modules.
    NoModuleListing,
    /// A security domain's installation parameters name no secure channel.
    NoDomainProtocol,
    /// SELECT without a name is refused.
    NoDefaultSelect,
    /// SELECT of a security domain answers with the bare AID.
    BareSelectAnswer,
    /// SELECT of a security domain answers with an empty AID.
    UnnamedSelectAnswer,
    /// The encryption counter of SCP03 counts commands with data only.
    CountsDataOnly,
    /// The check value of an AES key is over a block of 00.
    CheckValueOverZeros,
}

impl Quirk {
    /// Every one.
    pub const ALL: [Self; 10] = [
        Self::NoExtendedLength,
        Self::NoObjectDeletion,
        Self::UntaggedStatus,
        Self::NoModuleListing,
        Self::NoDomainProtocol,
        Self::NoDefaultSelect,
        Self::BareSelectAnswer,
        Self::UnnamedSelectAnswer,
        Self::CountsDataOnly,
        Self::CheckValueOverZeros,
    ];

    /// Its name in a profile.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoExtendedLength => "no-extended-length",
            Self::NoObjectDeletion => "no-object-deletion",
            Self::UntaggedStatus => "untagged-status",
            Self::NoModuleListing => "no-module-listing",
            Self::NoDomainProtocol => "no-domain-protocol",
            Self::NoDefaultSelect => "no-default-select",
            Self::BareSelectAnswer => "bare-select-answer",
            Self::UnnamedSelectAnswer => "unnamed-select-answer",
            Self::CountsDataOnly => "counts-data-only",
            Self::CheckValueOverZeros => "check-value-over-zeros",
        }
    }

    /// What a host or an applet meets.
    #[must_use]
    pub const fn effect(self) -> &'static str {
        match self {
            Self::NoExtendedLength => {
                "commands with extended length are answered 6700, applets with ExtendedLength get none"
            }
            Self::NoObjectDeletion => {
                "JCSystem.isObjectDeletionSupported is false, requestObjectDeletion throws SystemException.ILLEGAL_USE"
            }
            Self::UntaggedStatus => {
                "GET STATUS with P2 = 02 is answered 6A86, with P2 = 00 in the deprecated form"
            }
            Self::NoModuleListing => "GET STATUS with P1 = 10 is answered 6A86",
            Self::NoDomainProtocol => {
                "INSTALL of a security domain whose parameters hold an object 80 or 81 is answered 6A80"
            }
            Self::NoDefaultSelect => "SELECT by name without a name is answered 6A87",
            Self::BareSelectAnswer => {
                "SELECT of a security domain is answered with its AID, not with an object 6F"
            }
            Self::UnnamedSelectAnswer => {
                "SELECT of a security domain is answered with an object 84 of length 0"
            }
            Self::CountsDataOnly => {
                "with C-DECRYPTION a command without data does not move the encryption counter of SCP03"
            }
            Self::CheckValueOverZeros => {
                "PUT KEY takes and answers check values of AES keys over sixteen bytes 00"
            }
        }
    }

    /// Who has met it where.
    #[must_use]
    pub const fn source(self) -> &'static str {
        match self {
            Self::NoExtendedLength => {
                "JCAlgTest: Gemalto TOP IM GXP4, SmartCafe Expert 144k, JCOP 41 v2.2.1 (`Extended APDU;no`)"
            }
            Self::NoObjectDeletion => "optional in the API (JCSystem, Java Card 2.2 on)",
            Self::UntaggedStatus => "GlobalPlatformPro, GPSession: SmartCafe Expert 6.0",
            Self::NoModuleListing | Self::NoDomainProtocol => {
                "GlobalPlatformPro, GPCardProfile: `old`"
            }
            Self::NoDefaultSelect => "GlobalPlatformPro, GPSession: SmartJac UICC",
            Self::BareSelectAnswer | Self::UnnamedSelectAnswer => {
                "GlobalPlatformPro, GPSession: cards without a name there"
            }
            Self::CountsDataOnly => "GlobalPlatformPro, SCP03Wrapper: `buggycounterworkaround`",
            Self::CheckValueOverZeros => "GlobalPlatformPro, GPCrypto: `kcv_aes0`",
        }
    }
}

impl std::fmt::Display for Quirk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_profiles() {
        for quirk in Quirk::ALL {
            let name = serde_json::to_value(quirk).unwrap();
            assert_eq!(name, quirk.name());
            assert_eq!(serde_json::from_value::<Quirk>(name).unwrap(), quirk);
        }
    }
}
