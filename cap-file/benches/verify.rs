//! How long reading, verifying and printing a CAP file takes, by the size of its code.

use cap_file::asm::assemble;
use cap_file::{CapFile, Exports, dump, verify};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::fmt::Write;
use std::hint::black_box;

/// One method of the generated packages: branches, a loop, a switch, calls, array accesses and joins of types.
const BODY: &str = "    sload_1
    ifle L_less
    aload_0
    sload_1
    baload
    sstore_2
    goto L_loop
L_less:
    sconst_0
    sstore_2
L_loop:
    sload_1
    ifeq L_end
    sinc 1 -1
    sload_1
    slookupswitch L_other 1=L_one 2=L_two 100=L_one
L_one:
    aload_0
    sload_1
    sload_2
    s2b
    bastore
    goto L_loop
L_two:
    sload_2
    bspush 17
    sadd
    sstore_2
    goto L_loop
L_other:
    aload_0
    sload_1
    aload_0
    sload_2
    sload_1
    invokestatic 0
    pop
    goto L_loop
L_end:
    sload_2
    sreturn
";

/// A library package with at least so many bytes of code.
fn package(code: usize) -> CapFile {
    let mut methods = String::new();
    let mut descriptors = String::new();
    let size = cap_file::asm::assemble_code(BODY, 1)
        .expect("the body is code")
        .len();
    let count = code.div_ceil(size + 2);
    let mut locations = String::new();
    for index in 0..count {
        let _ = write!(
            methods,
            "method method_{index} flags 0 stack 5 args 2 locals 1\n{BODY}"
        );
        let _ = writeln!(
            descriptors,
            "    method token 255 access 8 method_{index} type_1 size {size} handlers 0 0"
        );
    }
    // The one reference in each method, as distances from one to the next.
    let call = 2 + cap_file::Instructions::new(
        &cap_file::asm::assemble_code(BODY, 1).expect("the body is code"),
    )
    .flatten()
    .find(|instruction| instruction.pool_reference().is_some())
    .map_or(0, |instruction| instruction.offset + 1);
    for index in 0..count {
        let distance = if index == 0 { 1 + call } else { size + 2 };
        let _ = write!(locations, "{distance:02X}");
    }
    let text = format!(
        "cap 2.1
path bench
package F001020304 1.0 flags 0
import A0000000620001 1.0
import A0000000620101 1.5
constants
  static-method javacard/framework/Util 1
class class_0 flags 0
  extends java/lang/Object
  fields size 0 first-reference 255 references 0
  public-methods 1
  package-methods 0
{methods}statics image 0 references 0 defaults 0
  values -
locations - {locations}
descriptor
  class class_0 token 255 access 0
{descriptors}  types
    type [BS[BSSS
    type [BSS
  constant-types
    type_0
"
    );
    assemble(&text, &Exports::builtin()).unwrap_or_else(|error| panic!("{error}"))
}

fn benchmarks(criterion: &mut Criterion) {
    let exports = Exports::builtin();
    let mut group = criterion.benchmark_group("cap");
    for kilobytes in [1, 4, 15, 30, 56] {
        let cap = package(kilobytes * 1024);
        let report = verify(&cap, &exports);
        assert!(report.is_ok(), "{report}");
        let archive = cap.write().expect("the package can be written");
        group.throughput(Throughput::Bytes(cap.method.methods.len() as u64));
        let id = |what| BenchmarkId::new(what, format!("{kilobytes} KB"));
        group.bench_function(id("read and verify"), |bencher| {
            bencher.iter(|| {
                let cap = CapFile::read(black_box(&archive)).expect("the package can be read");
                verify(&cap, &exports).is_ok()
            });
        });
        group.bench_function(id("dump"), |bencher| {
            bencher.iter(|| dump(black_box(&cap), &exports))
        });
    }
    group.finish();
}

criterion_group!(benches, benchmarks);
criterion_main!(benches);
