//! Expressions, read back.

use super::{Parser, Result, find};
use crate::ir::text::expression::{BINARY, COMPARE, UNARY};
use crate::ir::text::lexer::Kind;
use crate::ir::{ApiMethod, ArrayId, Callee, Expr, FunctionId, Type};

impl Parser<'_> {
    fn operand(&mut self) -> Result<Box<Expr>> {
        self.expression().map(Box::new)
    }

    pub(super) fn expression(&mut self) -> Result<Expr> {
        if !self.takes_mark('(') {
            if self.peek_word().is_some_and(|word| word.starts_with('%')) {
                return self.local_id().map(Expr::Local);
            }
            return self.read("an expression", |_, word| constant(word));
        }
        let word = self.word("an operation")?;
        let expr = self.operation(&word)?;
        self.mark(')')?;
        Ok(expr)
    }

    fn operation(&mut self, word: &str) -> Result<Expr> {
        if let Some((_, op)) = BINARY.iter().find(|(name, _)| *name == word) {
            return Ok(Expr::Binary(
                *op,
                self.ty()?,
                self.operand()?,
                self.operand()?,
            ));
        }
        if let Some((_, op)) = COMPARE.iter().find(|(name, _)| *name == word) {
            return Ok(Expr::Compare(
                *op,
                self.ty()?,
                self.operand()?,
                self.operand()?,
            ));
        }
        if let Some((_, op)) = UNARY.iter().find(|(name, _)| *name == word) {
            return Ok(Expr::Unary(*op, self.ty()?, self.operand()?));
        }
        Ok(match word {
            "array" => self.read("an array", |parser, word| {
                let names = parser
                    .program
                    .arrays
                    .iter()
                    .map(|array| array.name.as_str());
                find(word, names).map(|array| Expr::ConstArray(ArrayId(array)))
            })?,
            "cast" => Expr::Cast {
                from: self.ty()?,
                to: self.ty()?,
                value: self.operand()?,
            },
            "field" => {
                let (class, field) = self.field_id()?;
                Expr::Field(self.operand()?, field, class)
            }
            "elem" => Expr::Element(self.element()?, self.operand()?, self.operand()?),
            "len" => Expr::Length(self.operand()?),
            "call" => {
                let callee = self.function_id()?;
                let result = self.result_of(callee);
                Expr::Call(Callee::Function(callee), self.arguments()?, result)
            }
            "api" => {
                let result = if self.takes("none") {
                    None
                } else {
                    Some(self.ty()?)
                };
                let method = self.read("an API method", |_, word| api_method(word))?;
                Expr::Call(Callee::Api(method), self.arguments()?, result)
            }
            "new" => Expr::New(self.class_id()?),
            "newarray" => Expr::NewArray(self.element()?, self.operand()?),
            "downcast" => {
                let class = self.word("an API class")?;
                Expr::Downcast(self.operand()?, class)
            }
            "null" => Expr::Null(self.ty()?),
            _ => {
                self.at -= 1;
                return Err(self.error("an operation"));
            }
        })
    }

    fn arguments(&mut self) -> Result<Vec<Expr>> {
        let mut arguments = Vec::new();
        while self.peek() != Some(&Kind::Mark(')')) {
            arguments.push(self.expression()?);
        }
        Ok(arguments)
    }

    /// The result of a function, which may not have been read yet.
    fn result_of(&self, callee: FunctionId) -> Option<Type> {
        let mut count = 0;
        let mut at = 0;
        while let Some(token) = self.tokens.get(at) {
            at += 1;
            if token.kind != Kind::Word("fn".to_owned()) {
                continue;
            }
            if count < callee.0 {
                count += 1;
                continue;
            }
            let header = self
                .tokens
                .get(at..)?
                .iter()
                .take_while(|token| token.kind != Kind::Mark('{'));
            let mut header = header.skip_while(|token| token.kind != Kind::Word("->".to_owned()));
            return match header.nth(1).map(|token| &token.kind) {
                Some(Kind::Word(word)) => self.named_type(word),
                _ => None,
            };
        }
        None
    }
}

/// `5u8`, `-3i16`, `true`
fn constant(word: &str) -> Option<Expr> {
    match word {
        "true" => return Some(Expr::Const(Type::Bool, 1)),
        "false" => return Some(Expr::Const(Type::Bool, 0)),
        _ => {}
    }
    let (number, ty) = word.split_at(word.find(['u', 'i'])?);
    let ty = match ty {
        "u8" => Type::U8,
        "i8" => Type::I8,
        "u16" => Type::U16,
        "i16" => Type::I16,
        "usize" => Type::Usize,
        "int" => Type::Int,
        _ => return None,
    };
    Some(Expr::Const(ty, number.parse().ok()?))
}

/// `javacard/framework/APDU.getBuffer()[B`
fn api_method(word: &str) -> Option<ApiMethod> {
    let (path, _) = word.split_once('(')?;
    let descriptor = word.get(path.len()..)?.to_owned();
    let (class, name) = path.rsplit_once('.')?;
    Some(ApiMethod {
        class: class.to_owned(),
        name: name.to_owned(),
        descriptor,
    })
}
