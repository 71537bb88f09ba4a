//! Random IR programs that end and keep the promises of the IR, all drawn from one seed.

#[path = "generator/expressions.rs"]
mod expressions;

use capgen::ir::{
    BinaryOp, Block, BlockId, Callee, Class, ClassId, CompareOp, ConstArray, Element, Expr, Field,
    Function, FunctionId, Local, LocalId, Position, Program, Statement, Terminator, Type, text,
};

/// Elements of every array.
pub(crate) const ARRAY_LENGTH: i32 = 8;

const SCALARS: [Type; 6] = [
    Type::Bool,
    Type::U8,
    Type::I8,
    Type::U16,
    Type::I16,
    Type::Usize,
];
const ELEMENTS: [Element; 5] = [
    Element::Bool,
    Element::U8,
    Element::I8,
    Element::U16,
    Element::I16,
];
const THIS: LocalId = LocalId(0);
/// The struct of the applet, and one that it holds.
const DEMO: ClassId = ClassId(0);
const PART: ClassId = ClassId(1);

/// xorshift64*: enough to choose with, and the same everywhere.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn below(&mut self, bound: u32) -> u32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        u32::try_from((self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % u64::from(bound))
            .unwrap()
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(u32::try_from(from.len()).unwrap()) as usize]
    }
}

/// The program of a seed. Function 0 is `install`, 1 is `process`, the last is where `process` goes.
pub(crate) fn program(seed: u64) -> Program {
    let mut random = Random::new(seed);
    let mut program = text::parse(include_str!("frame.ir")).unwrap();
    assert_eq!(program.functions.len(), 2);
    program.classes[PART.0] = Class {
        implements: Vec::new(),
        name: "Part".to_owned(),
        superclass: None,
        fields: fields(),
    };
    for (index, element) in ELEMENTS.iter().enumerate() {
        let (low, high) = element.value_type().range().unwrap();
        let span = u32::try_from(high - low + 1).unwrap();
        let values = (0..ARRAY_LENGTH)
            .map(|_| low + i32::try_from(random.below(span)).unwrap())
            .collect();
        program.arrays.push(ConstArray {
            name: format!("TABLE{index}"),
            element: element.clone(),
            values,
        });
    }
    let count = 1 + random.below(3);
    for index in 0..count {
        let function = FunctionMaker::new(&mut random, &program, index + 1 == count).make();
        program.functions.push(function);
    }
    let last = FunctionId(program.functions.len() - 1);
    program.functions[1].walk_mut(&mut |expr| {
        if let Expr::Call(Callee::Function(callee), _, result) = expr {
            (*callee, *result) = (last, Some(Type::U16));
        }
    });
    allocate_arrays(&mut program);
    report_state(&mut program);
    program
}

fn part_field(index: usize) -> Expr {
    Expr::Field(
        Box::new(Expr::Field(Box::new(Expr::Local(THIS)), 0, DEMO)),
        index,
        PART,
    )
}

/// `install` makes the arrays of the part; its `this` is local 3.
fn allocate_arrays(program: &mut Program) {
    let part = Expr::Field(Box::new(Expr::Local(LocalId(3))), 0, DEMO);
    for (index, element) in ELEMENTS.into_iter().enumerate() {
        let array = Expr::NewArray(element, Box::new(Expr::Const(Type::Usize, ARRAY_LENGTH)));
        let statement = Statement::SetField(part.clone(), SCALARS.len() + index, PART, array);
        program.functions[0].blocks[0]
            .statements
            .insert(2, (statement, Position::default()));
    }
}

/// `process` sends, after the result, every field and every element, each as two bytes.
fn report_state(program: &mut Program) {
    let mut values: Vec<(Expr, Type)> = SCALARS
        .into_iter()
        .enumerate()
        .map(|(index, ty)| (part_field(index), ty))
        .collect();
    for (index, element) in ELEMENTS.into_iter().enumerate() {
        for at in 0..ARRAY_LENGTH {
            let array = part_field(SCALARS.len() + index);
            let at = Box::new(Expr::Const(Type::Usize, at));
            values.push((
                Expr::Element(element.clone(), Box::new(array), at),
                element.value_type(),
            ));
        }
    }
    let blocks = &mut program.functions[1].blocks;
    let set_short = capgen::ir::ApiMethod {
        class: "javacard/framework/Util".to_owned(),
        name: "setShort".to_owned(),
        descriptor: "([BSS)S".to_owned(),
    };
    let mut offset = 2;
    for (value, from) in values {
        let value = Expr::Cast {
            from,
            to: Type::U16,
            value: Box::new(value),
        };
        let arguments = vec![
            Expr::Local(LocalId(2)),
            Expr::Const(Type::Usize, offset),
            value,
        ];
        let call = Expr::Call(Callee::Api(set_short.clone()), arguments, Some(Type::I16));
        blocks[3]
            .statements
            .insert(0, (Statement::Eval(call), Position::default()));
        offset += 2;
    }
    for (statement, _) in &mut blocks[3].statements {
        if let Statement::Eval(Expr::Call(Callee::Api(method), arguments, _)) = statement
            && method.name == "setOutgoingAndSend"
        {
            arguments[2] = Expr::Const(Type::Usize, offset);
        }
    }
}

/// One field of every scalar type, then one of every array type.
fn fields() -> Vec<Field> {
    let scalars = SCALARS.into_iter();
    let arrays = ELEMENTS.into_iter().map(Type::Array);
    scalars
        .chain(arrays)
        .enumerate()
        .map(|(index, ty)| Field {
            name: format!("f{index}"),
            ty,
        })
        .collect()
}

struct FunctionMaker<'a> {
    random: &'a mut Random,
    program: &'a Program,
    locals: Vec<Local>,
    parameters: Vec<LocalId>,
    /// Locals with a value here, and whether they may be assigned.
    scope: Vec<(LocalId, bool)>,
    blocks: Vec<Block>,
    current: BlockId,
    receiver: ClassId,
    is_method: bool,
    result: Type,
    /// Statements that may still be made.
    budget: u32,
    loops: u32,
}

impl<'a> FunctionMaker<'a> {
    fn new(random: &'a mut Random, program: &'a Program, is_last: bool) -> Self {
        let receiver = if is_last || random.below(2) == 0 {
            DEMO
        } else {
            PART
        };
        let result = if is_last {
            Type::U16
        } else {
            random.pick(&SCALARS).clone()
        };
        let mut maker = Self {
            is_method: random.below(4) != 0,
            random,
            program,
            locals: vec![Local {
                name: "this".to_owned(),
                ty: Type::Class(receiver),
            }],
            parameters: vec![THIS],
            scope: Vec::new(),
            blocks: Vec::new(),
            current: BlockId(0),
            receiver,
            result,
            budget: 12,
            loops: 0,
        };
        let wanted = if is_last {
            vec![Type::U16, Type::U8, Type::I16]
        } else {
            let count = maker.random.below(3);
            (0..count)
                .map(|_| maker.random.pick(&SCALARS).clone())
                .collect()
        };
        for ty in wanted {
            let local = maker.new_local(ty);
            maker.parameters.push(local);
            maker.scope.push((local, true));
        }
        maker
    }

    fn make(mut self) -> Function {
        self.current = self.new_block();
        self.body(3);
        let result = self.result.clone();
        let value = self.value(&result, 3);
        self.end(Terminator::Return(Some(value)));
        Function {
            name: format!("f{}", self.program.functions.len()),
            receiver: self.is_method.then_some(self.receiver),
            entry: None,
            parameters: self.parameters,
            result: Some(self.result),
            locals: self.locals,
            blocks: self.blocks,
            position: Position::default(),
        }
    }

    fn new_local(&mut self, ty: Type) -> LocalId {
        self.locals.push(Local {
            name: String::new(),
            ty,
        });
        LocalId(self.locals.len() - 1)
    }

    fn new_block(&mut self) -> BlockId {
        let terminator = Terminator::Unreachable;
        self.blocks.push(Block {
            statements: Vec::new(),
            terminator,
            position: Position::default(),
        });
        BlockId(self.blocks.len() - 1)
    }

    fn end(&mut self, terminator: Terminator) {
        self.blocks[self.current.0].terminator = terminator;
    }

    fn push(&mut self, statement: Statement) {
        self.blocks[self.current.0]
            .statements
            .push((statement, Position::default()));
    }

    fn body(&mut self, depth: u32) {
        let visible = self.scope.len();
        let count = 1 + self.random.below(4);
        for _ in 0..count {
            if self.budget == 0 {
                break;
            }
            self.budget -= 1;
            self.statement(depth);
        }
        self.scope.truncate(visible);
    }

    fn statement(&mut self, depth: u32) {
        match self.random.below(if depth == 0 { 7 } else { 12 }) {
            0 | 1 => {
                let ty = self.random.pick(&SCALARS).clone();
                let value = self.value(&ty, 3);
                let local = self.new_local(ty);
                self.push(Statement::Set(local, value));
                self.scope.push((local, true));
            }
            2 | 3 => self.assign(),
            4 => self.set_field(),
            5 => self.set_element(),
            6 => {
                if let Some(call) = self.call(None) {
                    self.push(Statement::Eval(call));
                }
            }
            7 | 8 => self.branch(depth),
            9 => self.switch(depth),
            10 if self.loops < 2 => self.repeat(depth),
            _ => self.throw(),
        }
    }

    fn assign(&mut self) {
        let assignable: Vec<LocalId> = self
            .scope
            .iter()
            .filter(|(_, free)| *free)
            .map(|(local, _)| *local)
            .collect();
        if assignable.is_empty() {
            return;
        }
        let local = *self.random.pick(&assignable);
        let ty = self.locals[local.0].ty.clone();
        let value = match (
            ty == Type::U8 || ty == Type::U16 || ty == Type::I16,
            self.random.below(3),
        ) {
            // `x = x.wrapping_add(c)`
            (true, 0) => {
                let step = self.constant(&ty);
                Expr::Binary(
                    BinaryOp::WrappingAdd,
                    ty,
                    Box::new(Expr::Local(local)),
                    Box::new(step),
                )
            }
            _ => self.value(&ty, 3),
        };
        self.push(Statement::Set(local, value));
    }

    /// `this`, or the part that the applet's object holds.
    fn object(&mut self) -> (Expr, ClassId) {
        if self.receiver == DEMO {
            (Expr::Field(Box::new(Expr::Local(THIS)), 0, DEMO), PART)
        } else {
            (Expr::Local(THIS), PART)
        }
    }

    fn set_field(&mut self) {
        let index = self.random.below(6) as usize;
        let value = self.value(&SCALARS[index].clone(), 3);
        let (object, class) = self.object();
        self.push(Statement::SetField(object, index, class, value));
    }

    fn field_array(&mut self, index: usize) -> Expr {
        let (object, class) = self.object();
        Expr::Field(Box::new(object), SCALARS.len() + index, class)
    }

    fn index(&mut self, depth: u32) -> Expr {
        let value = self.value(&Type::Usize, depth);
        let mask = Expr::Const(Type::Usize, ARRAY_LENGTH - 1);
        Expr::Binary(BinaryOp::And, Type::Usize, Box::new(value), Box::new(mask))
    }

    fn set_element(&mut self) {
        let index = self.random.below(5) as usize;
        let element = ELEMENTS[index].clone();
        let array = self.field_array(index);
        let at = self.index(1);
        let value = self.value(&element.value_type(), 2);
        self.push(Statement::SetElement(element, array, at, value));
    }

    fn branch(&mut self, depth: u32) {
        let condition = self.value(&Type::Bool, 2);
        let (yes, no, join) = (self.new_block(), self.new_block(), self.new_block());
        self.end(Terminator::If(condition, yes, no));
        for block in [yes, no] {
            self.current = block;
            if block == yes || self.random.below(2) == 0 {
                self.body(depth - 1);
            }
            self.end(Terminator::Goto(join));
        }
        self.current = join;
    }

    fn switch(&mut self, depth: u32) {
        let ty = self
            .random
            .pick(&[Type::U8, Type::I8, Type::U16, Type::I16])
            .clone();
        let key = self.value(&ty, 2);
        let (default, join) = (self.new_block(), self.new_block());
        let mut keys: Vec<i32> = Vec::new();
        let start = self.constant_value(&ty);
        for step in 0..=self.random.below(5) {
            let key = if self.random.below(2) == 0 {
                ty.wrap(start + i32::try_from(step).unwrap())
            } else {
                self.constant_value(&ty)
            };
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        let cases: Vec<(i32, BlockId)> = keys
            .into_iter()
            .map(|key| (key, self.new_block()))
            .collect();
        self.end(Terminator::Switch(key, cases.clone(), default));
        for block in cases.iter().map(|(_, block)| *block).chain([default]) {
            self.current = block;
            self.body(depth - 1);
            self.end(Terminator::Goto(join));
        }
        self.current = join;
    }

    /// `for i in 0..n`
    fn repeat(&mut self, depth: u32) {
        self.loops += 1;
        let ty = self
            .random
            .pick(&[Type::U8, Type::U16, Type::I16, Type::Usize])
            .clone();
        let counter = self.new_local(ty.clone());
        let constant = |value| Box::new(Expr::Const(ty.clone(), value));
        let limit = i32::try_from(1 + self.random.below(5)).unwrap();
        self.push(Statement::Set(counter, *constant(0)));
        let (head, body, exit) = (self.new_block(), self.new_block(), self.new_block());
        self.end(Terminator::Goto(head));
        self.current = head;
        let goes_on = Expr::Compare(
            CompareOp::Lt,
            ty.clone(),
            Box::new(Expr::Local(counter)),
            constant(limit),
        );
        self.end(Terminator::If(goes_on, body, exit));
        self.current = body;
        self.scope.push((counter, false));
        self.body(depth - 1);
        self.scope.pop();
        let next = Expr::Binary(
            BinaryOp::Add,
            ty.clone(),
            Box::new(Expr::Local(counter)),
            constant(1),
        );
        self.push(Statement::Set(counter, next));
        self.end(Terminator::Goto(head));
        self.current = exit;
        self.loops -= 1;
    }

    fn throw(&mut self) {
        let condition = self.value(&Type::Bool, 2);
        let condition = Expr::Binary(
            BinaryOp::And,
            Type::Bool,
            Box::new(condition),
            Box::new(self.value(&Type::Bool, 1)),
        );
        let (throws, join) = (self.new_block(), self.new_block());
        self.end(Terminator::If(condition, throws, join));
        self.current = throws;
        let low = self.value(&Type::U8, 1);
        let low = Expr::Cast {
            from: Type::U8,
            to: Type::U16,
            value: Box::new(low),
        };
        let status = Expr::Binary(
            BinaryOp::Or,
            Type::U16,
            Box::new(Expr::Const(Type::U16, 0x6a00)),
            Box::new(low),
        );
        self.end(Terminator::Throw(status));
        self.current = join;
    }
}
