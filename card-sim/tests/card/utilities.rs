//! `javacardx.framework.util`, `javacardx.framework.math`, `javacardx.apdu.util`,
//! `SensitiveArrays` and `GPRegistryEntry` as an applet reaches them.

use super::support::{Package, ask, by_p1, card_with, command, select};
use card_sim::Card;

const LOGIC: &str = "javacardx/framework/util/ArrayLogic";

fn ready(branches: &[&str]) -> Card {
    let package = Package {
        process: by_p1(branches),
        ..Package::default()
    };
    let mut card = card_with(&package);
    select(&mut card, &package);
    card
}

#[test]
fn arrays_of_any_type() {
    // Locals 2 and 3: arrays of two shorts, the first with 258 at 1, the second with -1 at 1.
    let shorts = "sconst_2; newarray 12; astore_2; aload_2; sconst_1; sspush 258; sastore
        sconst_2; newarray 12; astore_3; aload_3; sconst_1; sconst_m1; sastore";
    // Local 4: eight bytes.
    let bytes = "bspush 8; newarray 11; astore 4";
    let repack = format!("{LOGIC}.arrayCopyRepack(Ljava/lang/Object;SSLjava/lang/Object;S)S");
    let mut card = ready(&[
        &format!(
            "{shorts}; {bytes}
             aload_2; sconst_1; sconst_1; aload 4; sconst_3; invokestatic {repack}
             aload 4; sconst_3; invokestatic javacard/framework/Util.getShort([BS)S; sadd"
        ),
        &format!(
            "{shorts}
             aload_2; sconst_0; sconst_1; aload_3; sconst_1
             invokestatic {LOGIC}.arrayFillGeneric(Ljava/lang/Object;SSLjava/lang/Object;S)S
             aload_2; sconst_0; saload; sadd"
        ),
        &format!(
            "{shorts}
             aload_3; sconst_1; aload_2; sconst_1; sconst_1
             invokestatic {LOGIC}.arrayCompareGeneric(Ljava/lang/Object;SLjava/lang/Object;SS)B"
        ),
        &format!(
            "{shorts}; {bytes}
             aload 4; sconst_5; sspush 258; invokestatic javacard/framework/Util.setShort([BSS)S; pop
             aload_2; sconst_0; aload 4; sconst_5
             invokestatic {LOGIC}.arrayFindGeneric(Ljava/lang/Object;S[BS)S"
        ),
        &format!(
            "{bytes}
             sconst_2; newarray 10; sconst_0; sconst_1; aload 4; sconst_0; invokestatic {repack}"
        ),
        &format!(
            "{shorts}; {bytes}
             aload 4; sconst_0; sconst_3; aload_2; sconst_0; invokestatic {repack}"
        ),
    ]);
    assert_eq!(ask(&mut card, 0), 5 + 258);
    // The place after the element, and the -1 in it.
    assert_eq!(ask(&mut card, 1), 0);
    assert_eq!(ask(&mut card, 2), -1);
    assert_eq!(ask(&mut card, 3), 1);
    // UtilException.TYPE_MISMATCHED for truth values, ILLEGAL_VALUE for a byte and a half.
    for (p1, reason) in [
        (4, "UtilException, reason 0002"),
        (5, "UtilException, reason 0001"),
    ] {
        assert_eq!(card.transmit(&command(p1)), [0x6F, 0]);
        let fault = card.last_fault().unwrap().to_string();
        assert!(fault.contains(reason), "{fault}");
    }
}

#[test]
fn numbers() {
    let big = "new javacardx/framework/math/BigNumber; dup; bspush 8
        invokespecial javacardx/framework/math/BigNumber.<init>(S)V; astore_2
        bspush 8; newarray 11; astore_3
        aload_3; sconst_0; sspush 256; invokestatic javacard/framework/Util.setShort([BSS)S; pop
        aload_2; aload_3; sconst_0; sconst_2; sconst_2
        invokevirtual javacardx/framework/math/BigNumber.init([BSSB)V
        aload_2; aload_3; sconst_0; sconst_2; sconst_2";
    let mut card = ready(&[
        // 256 + 256 as four bytes of decimal digits: 00 00 05 12.
        &format!(
            "{big}; invokevirtual javacardx/framework/math/BigNumber.add([BSSB)V
             aload_2; aload_3; sconst_0; sconst_4; sconst_1
             invokevirtual javacardx/framework/math/BigNumber.toBytes([BSSB)V
             aload_3; sconst_2; invokestatic javacard/framework/Util.getShort([BS)S"
        ),
        // 256 × 256 is three bytes long.
        &format!(
            "{big}; invokevirtual javacardx/framework/math/BigNumber.multiply([BSSB)V
             aload_2; sconst_2; invokevirtual javacardx/framework/math/BigNumber.getByteLength(B)S"
        ),
        "sconst_1; newarray 11; astore_2; aload_2; sconst_0; sconst_2; bastore
         aload_2; sconst_0; sconst_1; sconst_1
         invokestatic javacardx/framework/math/ParityBit.set([BSSZ)V
         aload_2; sconst_0; baload",
        "bspush 8; newarray 11; astore_2
         aload_2; sconst_1; iipush 16909060
         invokestatic javacardx/framework/util/intx/JCint.setInt([BSI)S
         aload_2; sconst_2; invokestatic javacard/framework/Util.getShort([BS)S; sadd",
        "sconst_3; bspush 7; invokestatic javacardx/framework/util/intx/JCint.makeInt(SS)I; i2s",
        "sconst_3; newarray 12; astore_2; aload_2; sconst_0; sconst_5; sastore
         aload_2; invokestatic javacard/framework/SensitiveArrays.clearArray(Ljava/lang/Object;)S
         aload_2; sconst_0; saload; sadd",
        "bspush 79; invokestatic javacardx/apdu/util/APDUUtil.getCLAChannel(B)B",
        // Less than nothing: ArithmeticException.
        &format!(
            "{big}; invokevirtual javacardx/framework/math/BigNumber.subtract([BSSB)V
             aload_2; aload_3; sconst_0; sconst_2; sconst_2
             invokevirtual javacardx/framework/math/BigNumber.subtract([BSSB)V; sconst_0"
        ),
    ]);
    assert_eq!(ask(&mut card, 0), 0x0512);
    assert_eq!(ask(&mut card, 1), 3);
    assert_eq!(ask(&mut card, 2), 3);
    // 01 02 03 04 from place 1 on.
    assert_eq!(ask(&mut card, 3), 5 + 0x0203);
    assert_eq!(ask(&mut card, 4), 7);
    assert_eq!(ask(&mut card, 5), 3);
    assert_eq!(ask(&mut card, 6), 19);
    assert_eq!(card.transmit(&command(7)), [0x6F, 0]);
    let fault = card.last_fault().unwrap().to_string();
    assert!(fault.contains("ArithmeticException"), "{fault}");
}

#[test]
fn an_applet_sees_its_own_registry_entry() {
    let own = "aconst_null
        invokestatic org/globalplatform/GPSystem.getRegistryEntry(Ljavacard/framework/AID;)Lorg/globalplatform/GPRegistryEntry;
        astore_2";
    let entry = "org/globalplatform/GPRegistryEntry";
    let mut card = ready(&[
        &format!("{own}\naload_2; invokeinterface 1 {entry}.getState"),
        &format!("{own}\naload_2; sconst_3; invokeinterface 2 {entry}.isPrivileged"),
        &format!(
            "{own}
             aload_2; invokeinterface 1 {entry}.getAID
             invokestatic javacard/framework/JCSystem.getAID()Ljavacard/framework/AID;
             if_acmpeq_w same; sconst_0; goto_w end; same: sconst_1; end: nop"
        ),
        &format!("{own}\naload_2; bspush 15; invokeinterface 2 {entry}.setState"),
        // The second time it is the same object.
        &format!(
            "{own}\naload_2; astore_3; {own}
             aload_2; aload_3; if_acmpeq_w one; sconst_0; goto_w over; one: sconst_1; over: nop"
        ),
    ]);
    assert_eq!(ask(&mut card, 0), 7);
    assert_eq!(ask(&mut card, 1), 0);
    assert_eq!(ask(&mut card, 2), 1);
    assert_eq!(ask(&mut card, 3), 1);
    assert_eq!(ask(&mut card, 0), 15);
    assert_eq!(ask(&mut card, 4), 1);
}
