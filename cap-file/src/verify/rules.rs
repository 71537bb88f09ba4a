//! The rules, each with an id that does not change and the clause of JCVM 3.0.5 that states or implies it.

macro_rules! rules {
    ($($variant:ident $id:literal $clause:literal $text:literal,)*) => {
        /// A rule that a CAP file has to keep.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Rule { $(#[doc = $text] $variant,)* }

        impl Rule {
            /// Every rule.
            pub const ALL: &'static [Rule] = &[$(Rule::$variant,)*];

            /// Its id, for reports and filters.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(Rule::$variant => $id,)* }
            }

            /// The clause of JCVM 3.0.5; of another version if that is named before it.
            #[must_use]
            pub const fn clause(self) -> &'static str {
                match self { $(Rule::$variant => $clause,)* }
            }

            /// The standard and its clause: `JCVM 3.0.5 §6.4`.
            #[must_use]
            pub fn citation(self) -> String {
                match self.clause().split_once(' ') {
                    None => format!("JCVM 3.0.5 §{}", self.clause()),
                    Some((version, clause)) => format!("JCVM {version} §{clause}"),
                }
            }

            /// What it asks for.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $(Rule::$variant => $text,)* }
            }
        }
    };
}

rules! {
    HeaderFlags "header-flags" "6.4" "The flags of the header tell whether Export and Applet components are present and the format is extended; other bits are 0.",
    HeaderInt "header-int" "6.4" "A package that uses the type int says so with ACC_INT.",
    ArchiveFolder "archive-folder" "4.1.3" "The components lie in the folder of the archive that the name of the package gives.",
    HeaderName "header-name" "6.4" "A header of format 2.2 or later names the package; the name may be empty only if nothing in the package is remote.",
    DirectorySizes "directory-sizes" "6.5" "Each component has the size that the directory gives.",
    DirectoryStatic "directory-static" "6.5" "The directory's static field sizes are those of the Static Field component.",
    DirectoryCounts "directory-counts" "6.5" "The directory counts imports, applets and blocks of methods.",
    DirectoryCustom "directory-custom" "6.5" "Custom components have tags from 128 to 255 and stand in the directory, and none is missing.",
    AppletCount "applet-count" "6.6" "An Applet component has at least one applet.",
    AppletAid "applet-aid" "6.6" "An applet's AID begins with the RID of the package, and neither the package nor another applet has it.",
    AppletInstall "applet-install" "6.6" "The install method is a public static method of an applet class, with the signature ([BSB)V.",
    AppletMultiselectable "applet-multiselectable" "2.2.5" "All applets implement MultiSelectable, or none.",
    ImportCount "import-count" "6.7" "A package imports at most 128 others.",
    ImportUnique "import-unique" "6.7" "No package is imported twice or under two AIDs, and none imports itself.",
    ImportKnown "import-known" "6.7" "The export file of each imported package is at hand.",
    ImportVersion "import-version" "4.5.2" "The imported version has the major version of the export file and no higher minor version.",
    ConstantClass "constant-class" "6.8.1" "A class reference leads to a class of this package or to an exported class of an import.",
    ConstantInstanceField "constant-instance-field" "6.8.2" "An instance field reference leads to a field that its class declares.",
    ConstantVirtualMethod "constant-virtual-method" "6.8.2" "A virtual method reference leads to a method of its class.",
    ConstantSuperMethod "constant-super-method" "6.8.2" "A super method reference names a class of this package whose superclass has the method, with code.",
    ConstantStaticField "constant-static-field" "6.8.3" "A static field reference leads to a static field.",
    ConstantStaticMethod "constant-static-method" "6.8.3" "A static method reference leads to a static method, a constructor or a private method.",
    ClassFlags "class-flags" "6.9.2" "Undefined flag bits of classes are 0; a remote class says what is remote.",
    ClassSuper "class-super" "6.9.2" "A superclass is a class that is not final and, if internal, stands before its subclass.",
    ClassInterfaces "class-interfaces" "6.9.2" "Superinterfaces and implemented interfaces are interfaces, each once, before its user and with all that it extends.",
    ClassShareable "class-shareable" "6.9.2" "ACC_SHAREABLE is set exactly on what is or implements a shareable interface.",
    ClassInstanceSize "class-instance-size" "6.9.2" "The instance size and the reference tokens are those of the declared fields, visible ones first, references together.",
    ClassMethodTable "class-method-table" "6.9.2" "Method tables hold tokens up to 127, leave none out, and lead to virtual methods of the class or a superclass.",
    ClassOverride "class-override" "4.3.7.6" "A method overrides one with the same signature that is not final, and is no less visible.",
    ClassAbstract "class-abstract" "6.9.2" "Only an abstract class has abstract methods.",
    ClassInterfaceTable "class-interface-table" "6.9.2.4" "Each interface method is mapped to a public virtual method with the same signature.",
    InterfaceMethods "interface-methods" "4.3.7.7" "An interface describes every method that it inherits.",
    ClassTokenMapping "class-token-mapping" "3.1 6.9.2" "In format 2.3 each public method token is mapped to one token of the superclass, or is new in the class.",
    ClassRemote "class-remote" "6.9.2.5" "A remote class names its remote interfaces and their methods, with the signatures that they have; remote interfaces are public.",
    ClassLimits "class-limits" "2.2.4.2" "An interface extends at most 14 others; the fields of a class take at most 255 words, those of its superclasses included.",
    ClassAccess "class-access" "4.4" "Code names only classes that are public or of its own package.",
    MethodCover "method-cover" "6.14.4" "The described methods fill the Method component without gap or overlap.",
    MethodHeader "method-header" "6.10.2" "A method's header has no undefined flags; an abstract method has no code, any other has some.",
    MethodArguments "method-arguments" "6.10.2" "nargs is the number of words of the signature, this included.",
    MethodLimits "method-limits" "2.2.4.4" "A method has at most 32767 bytes of code and 255 words of arguments and local variables.",
    MethodDescriptorFlags "method-flags" "6.14.4" "The access flags of a method go together and agree with its header.",
    HandlerRange "handler-range" "6.10.1" "A handler's range and its code are instructions of one method, which counts the handler as its own.",
    HandlerOrder "handler-order" "6.10.1" "Handlers stand in the order of their code, inner ranges before outer ones; the stop bit marks those whose range no later one covers any of.",
    HandlerType "handler-type" "6.10.1" "What is caught is a class that is a Throwable.",
    CodeDecode "code-decode" "7.5" "Bytecode is a sequence of whole instructions.",
    CodeReserved "code-reserved" "6.10.4" "The instructions impdep1 and impdep2 are not used.",
    CodeBranch "code-branch" "7.5" "Every jump leads to an instruction of the same method.",
    CodeSwitch "code-switch" "7.5" "The keys of a lookup switch ascend.",
    CodeConstant "code-constant" "7.5" "An instruction's constant is of the kind that the instruction needs.",
    CodeArrayType "code-array-type" "7.5" "An array type operand is one of those defined; primitive arrays have constant 0.",
    StaticImage "static-image" "6.11" "The image is as long as its references, default values and other values.",
    StaticArray "static-array" "6.11" "Initialised arrays are primitive, hold whole elements, at most 32767 of them, and are no more than the references.",
    StaticFields "static-fields" "6.11" "Described static fields lie in the right part of the image and do not overlap.",
    StaticBoolean "static-boolean" "6.11" "Initial values of booleans are 0 or 1.",
    StaticLibrary "static-library" "6.11" "A package without applets has no initialised arrays.",
    StaticResource "static-resource" "3.1 6.16" "There is at least one static resource; each has its own number and at most 32767 bytes.",
    ReferenceCover "reference-cover" "6.12" "The locations are exactly those of the constant pool indices in the code.",
    ExportClasses "export-classes" "6.13" "Every class that others may link to is exported, at least one; exported classes exist, and the descriptor gives each its token.",
    ExportMembers "export-members" "6.13" "Exported static fields and methods are all those of the class that are visible outside, in the order of their tokens.",
    ExportShareable "export-shareable" "6.13" "A package with applets exports shareable interfaces only.",
    ExportFileAgrees "export-file" "4.1.3" "An export file that is supplied for the package itself says what the package exports, all of it and nothing else.",
    DescriptorPresent "descriptor-present" "6.14" "A file to be verified has a Descriptor component.",
    DescriptorClasses "descriptor-classes" "6.14.1" "Each class of the Class component is described once, with its flags and interfaces and, if it is public, a token of its own; interfaces implement none.",
    DescriptorMembers "descriptor-members" "6.14" "Members have the tokens and flags that they need: 0xFF for what cannot be seen outside, static ones from 0 on. Interfaces have no fields, and constants are none.",
    DescriptorTypes "descriptor-types" "6.14.5" "Every type is well-formed and every type offset leads to one.",
    DescriptorConstants "descriptor-constants" "6.14.5" "The type of each constant is that of what it refers to.",
    DebugFormat "debug-format" "6.15" "A Debug component needs format 2.2.",
    DebugIndices "debug-indices" "6.15" "Indices of the Debug component lead to strings, classes and methods.",
    DebugAgrees "debug-agrees" "6.15" "The Debug component describes each class once, with its flags, and its methods with their sizes; variables and lines lie within their methods.",
    FlowEnd "flow-end" "7.5" "Execution does not run past the last instruction of a method.",
    FlowJoin "flow-join" "7.5" "Wherever paths meet the stack has the same depth.",
    FlowLimit "flow-limit" "7.5" "Following all paths takes no more steps than any compiled code needs.",
    StackOverflow "stack-overflow" "6.10.2" "The stack never holds more words than max_stack.",
    StackUnderflow "stack-underflow" "7.5" "No instruction takes more words than the stack holds.",
    StackType "stack-type" "7.5" "An instruction finds values of the types that it takes.",
    StackInt "stack-int" "7.5.18" "The two words of an int are moved together.",
    StackShuffle "stack-shuffle" "7.5.18" "dup_x copies 1 to 4 words to 0 or at least that many words deep; swap_x swaps 1 or 2 words with 1 or 2.",
    LocalBounds "local-bounds" "6.10.2" "Local variables lie within the arguments and max_locals.",
    LocalType "local-type" "7.5" "A local variable that is read holds a value of that type on every path.",
    ObjectNew "object-new" "7.5.70" "Only a class that is not abstract is instantiated.",
    ObjectInit "object-init" "7.5.55" "A new object is used only after its constructor has been called, once.",
    ConstructorSuper "constructor-super" "7.5.55" "A constructor calls another one of its class or superclass before it returns.",
    ConstructorClass "constructor-class" "7.5.55" "A constructor initialises objects of its own class only; super() is that of the direct superclass.",
    InvokeKind "invoke-kind" "7.5" "Static methods are called by invokestatic, constructors and private methods by invokespecial.",
    InvokeSuper "invoke-super" "7.5.55" "A super call names the current class and reaches a method with code.",
    InvokeArguments "invoke-arguments" "7.5" "Arguments and receiver are of the types of the signature.",
    InvokeInterface "invoke-interface" "7.5.54" "invokeinterface names an interface, one of its methods and the words of its arguments.",
    InvokeAccess "invoke-access" "4.4" "A method is called only where it is visible.",
    FieldKind "field-kind" "7.5" "A field is read and written as the type that it has.",
    FieldThis "field-this" "7.5.21" "the getfield and putfield instructions on this stand in instance methods whose local variable 0 still is this.",
    FieldAccess "field-access" "4.4" "A field is used only where it is visible; a final one is written only by its class.",
    ArrayType "array-type" "7.5" "Array instructions find an array of their element type.",
    ReturnType "return-type" "7.5" "A method returns a value of the type of its signature.",
    ThrowType "throw-type" "7.5.11" "What is thrown is a Throwable.",
    Subroutine "subroutine" "7.5.79" "ret goes back from a subroutine that is active; subroutines do not call themselves.",
    ExpConstants "exp-constants" "5.6" "Indices of an export file lead to constants of the right kind; texts are UTF-8.",
    ExpPackage "exp-package" "5.6.1" "An export file's package has no undefined flags, and format 2.3 lists the packages that it refers to; a library has no applet class, any other package exports shareable interfaces only.",
    ExpNames "exp-names" "5.6.4" "Names in an export file are identifiers of Java, no keywords; field types and signatures are well-formed.",
    ExpClasses "exp-classes" "5.7" "Exported classes are public, of the package, with tokens from 0 on and flags that go together; java/lang/Object is above each.",
    ExpHierarchy "exp-hierarchy" "5.4" "An exported class names all superclasses and interfaces that those have which it names, and has their methods.",
    ExpFields "exp-fields" "5.8" "Exported fields are visible, with tokens of their own; constants have token 0xFF and a value of their type.",
    ExpMethods "exp-methods" "5.9" "Exported methods are visible, with tokens from 0 on and flags that go together; every class has the method equals of Object.",
}
