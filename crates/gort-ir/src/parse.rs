//! Reads the text form that [`crate::print`] writes. For tests and for looking at one function alone.
//!
//! A module is a list of `func` and `declare` entries; a callee named before its entry is found all the
//! same. `#` begins a comment. Data objects are not read.

use crate::func::{Block, BlockData, Func, Inst, InstData, OpenDefers, Slot, SlotData, Value, ValueData};
use crate::inst::{BinOp, BoundsKind, Callee, ConvOp, FloatCond, IntCond, Op, RmwOp, Sig, Target, Ty, UnOp};
use crate::module::{FuncId, Module};
use gort_abi::module::SymbolId;
use gort_abi::runtime_fn::RuntimeFn;
use gort_syntax::source::Pos;
use std::fmt;

/// What is wrong with a text, and in which line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// Line, from 1.
    pub line: u32,
    /// What.
    pub message: String,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl std::error::Error for ParseError {}

type Result<T> = std::result::Result<T, ParseError>;

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Str(String),
    Int(i128),
    Sign(char),
    End,
}

/// Reads a module.
pub fn parse_module(text: &str) -> Result<Module> {
    let mut module = Module::new();
    let tokens = tokenize(text)?;
    // Declare everything, so that order does not matter.
    let mut p = Parser { tokens: &tokens, at: 0, module: &mut module };
    while p.peek() != &Token::End {
        let keyword = p.word()?;
        let name = p.string()?;
        let sig = p.sig()?;
        if !p.module.declare_func(&name, &sig).1 {
            return p.fail(format!("{name} twice"));
        }
        if keyword == "func" {
            while !p.eat('}') {
                if p.peek() == &Token::End {
                    return p.fail("unclosed function");
                }
                p.at += 1;
            }
        }
    }
    p.at = 0;
    while p.peek() != &Token::End {
        if p.peek() == &Token::Word("declare".into()) {
            p.word()?;
            p.string()?;
            p.sig()?;
            continue;
        }
        let func = p.func()?;
        if let Some(id) = p.module.func_by_name(&func.name) {
            p.module.funcs[id].body = Some(func);
        }
    }
    Ok(module)
}

/// Reads one function, whose callees are written `f3`.
pub fn parse_func(text: &str) -> Result<Func> {
    let tokens = tokenize(text)?;
    let mut module = Module::new();
    Parser { tokens: &tokens, at: 0, module: &mut module }.func()
}

fn tokenize(text: &str) -> Result<Vec<(Token, u32)>> {
    let mut out = Vec::new();
    for (i, line) in text.lines().enumerate() {
        tokenize_line(line, i as u32 + 1, &mut out)?;
    }
    out.push((Token::End, text.lines().count() as u32));
    Ok(out)
}

fn tokenize_line(line: &str, number: u32, out: &mut Vec<(Token, u32)>) -> Result<()> {
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        let take = |pred: fn(char) -> bool| rest.find(|c| !pred(c)).unwrap_or(rest.len());
        let used = match c {
            '#' => return Ok(()),
            c if c.is_whitespace() => c.len_utf8(),
            '"' => {
                let (s, used) = string_literal(rest)
                    .ok_or_else(|| ParseError { line: number, message: "unclosed string".into() })?;
                out.push((Token::Str(s), number));
                used
            }
            c if c.is_ascii_digit() => {
                let n = take(|c| c.is_ascii_alphanumeric());
                let word = &rest[..n];
                let value = match word.strip_prefix("0x") {
                    Some(hex) => i128::from_str_radix(hex, 16),
                    None => word.parse(),
                };
                let value = value.map_err(|e| ParseError { line: number, message: e.to_string() })?;
                out.push((Token::Int(value), number));
                n
            }
            c if c.is_alphabetic() || c == '_' => {
                let n = take(|c| c.is_alphanumeric() || c == '_' || c == '.');
                out.push((Token::Word(rest[..n].to_owned()), number));
                n
            }
            c => {
                out.push((Token::Sign(c), number));
                c.len_utf8()
            }
        };
        rest = &rest[used..];
    }
    Ok(())
}

/// A literal as `{:?}` writes it, at the start of `rest`; and its length.
fn string_literal(rest: &str) -> Option<(String, usize)> {
    let mut out = String::new();
    let mut chars = rest.char_indices().skip(1);
    while let Some((i, c)) = chars.next() {
        match c {
            '"' => return Some((out, i + 1)),
            '\\' => match chars.next()?.1 {
                'n' => out.push('\n'),
                't' => out.push('\t'),
                'r' => out.push('\r'),
                '0' => out.push('\0'),
                'u' => {
                    chars.next()?;
                    let mut code = 0;
                    loop {
                        match chars.next()?.1 {
                            '}' => break,
                            d => code = code * 16 + d.to_digit(16)?,
                        }
                    }
                    out.push(char::from_u32(code)?);
                }
                c => out.push(c),
            },
            c => out.push(c),
        }
    }
    None
}

struct Parser<'a> {
    tokens: &'a [(Token, u32)],
    at: usize,
    module: &'a mut Module,
}

impl Parser<'_> {
    fn peek(&self) -> &Token {
        self.tokens.get(self.at).map_or(&Token::End, |t| &t.0)
    }

    fn fail<T>(&self, message: impl Into<String>) -> Result<T> {
        let line = self.tokens.get(self.at).or(self.tokens.last()).map_or(0, |t| t.1);
        Err(ParseError { line, message: message.into() })
    }

    fn next(&mut self) -> Token {
        let t = self.peek().clone();
        self.at += 1;
        t
    }

    fn eat(&mut self, c: char) -> bool {
        let yes = self.peek() == &Token::Sign(c);
        self.at += usize::from(yes);
        yes
    }

    fn eat_word(&mut self, w: &str) -> bool {
        let yes = matches!(self.peek(), Token::Word(x) if x == w);
        self.at += usize::from(yes);
        yes
    }

    fn expect(&mut self, c: char) -> Result<()> {
        if self.eat(c) { Ok(()) } else { self.fail(format!("expected {c:?}, found {:?}", self.peek())) }
    }

    fn word(&mut self) -> Result<String> {
        match self.next() {
            Token::Word(w) => Ok(w),
            t => {
                self.at -= 1;
                self.fail(format!("expected a word, found {t:?}"))
            }
        }
    }

    fn keyword(&mut self, w: &str) -> Result<()> {
        if self.eat_word(w) { Ok(()) } else { self.fail(format!("expected {w}, found {:?}", self.peek())) }
    }

    fn string(&mut self) -> Result<String> {
        match self.next() {
            Token::Str(s) => Ok(s),
            t => {
                self.at -= 1;
                self.fail(format!("expected a string, found {t:?}"))
            }
        }
    }

    fn int(&mut self) -> Result<i128> {
        let negative = self.eat('-');
        if !negative {
            self.eat('+');
        }
        match self.next() {
            Token::Int(n) => Ok(if negative { -n } else { n }),
            t => {
                self.at -= 1;
                self.fail(format!("expected a number, found {t:?}"))
            }
        }
    }

    fn number<T: TryFrom<i128>>(&mut self) -> Result<T> {
        let n = self.int()?;
        T::try_from(n).or_else(|_| self.fail(format!("{n} is out of range")))
    }

    /// `v12`, `b3`, `s0`, `f7`
    fn index(&mut self, letter: char) -> Result<u32> {
        let w = self.word()?;
        match w.strip_prefix(letter).and_then(|n| n.parse().ok()) {
            Some(n) if n < 1 << 24 => Ok(n),
            _ => self.fail(format!("expected {letter} and a number, found {w}")),
        }
    }

    fn value(&mut self) -> Result<Value> {
        Ok(Value::from_raw(self.index('v')?))
    }

    fn ty(&mut self) -> Result<Ty> {
        let w = self.word()?;
        Ty::from_word(&w).map_or_else(|| self.fail(format!("{w} is no type")), Ok)
    }

    fn comma_list<T>(&mut self, close: char, mut item: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let mut out = Vec::new();
        while !self.eat(close) {
            out.push(item(self)?);
            if !self.eat(',') {
                self.expect(close)?;
                break;
            }
        }
        Ok(out)
    }

    fn sig(&mut self) -> Result<Sig> {
        self.expect('(')?;
        let params = self.comma_list(')', Self::ty)?;
        let mut results = Vec::new();
        if self.eat('-') {
            self.expect('>')?;
            self.expect('(')?;
            results = self.comma_list(')', Self::ty)?;
        }
        Ok(Sig { params, results })
    }

    fn pos(&mut self) -> Result<Pos> {
        if self.eat('!') { Ok(Pos(self.number()?)) } else { Ok(Pos::NONE) }
    }

    fn func(&mut self) -> Result<Func> {
        self.keyword("func")?;
        let name = self.string()?;
        let sig = self.sig()?;
        let wrapper = self.eat_word("wrapper");
        let pos = self.pos()?;
        let mut func = Func { name, sig, wrapper, pos, ..Func::default() };
        self.expect('{')?;
        while self.eat_word("slot") {
            let index = self.index('s')?;
            if index as usize != func.slots.len() {
                return self.fail("slots out of order");
            }
            self.keyword("size")?;
            let size = self.number()?;
            self.keyword("align")?;
            let align = self.number()?;
            self.keyword("ptrs")?;
            self.expect('[')?;
            let pointers = self.comma_list(']', Self::number)?;
            func.slots.push(SlotData { size, align, pointers });
        }
        if self.eat_word("defers") {
            let bits = Slot::from_raw(self.index('s')?);
            self.expect('[')?;
            let sites = self.comma_list(']', |p| Ok(Slot::from_raw(p.index('s')?)))?;
            if sites.iter().chain([&bits]).any(|s| s.index() >= func.slots.len()) {
                return self.fail("no such slot");
            }
            func.defers = Some(OpenDefers { bits, sites });
        }
        while !self.eat('}') {
            self.block(&mut func)?;
        }
        Ok(func)
    }

    fn define(&mut self, func: &mut Func, v: Value, ty: Ty) {
        while func.values.len() <= v.index() {
            func.values.push(ValueData { ty: Ty::I64 });
        }
        func.values[v].ty = ty;
    }

    fn typed_value(&mut self, func: &mut Func) -> Result<Value> {
        let v = self.value()?;
        self.expect(':')?;
        let ty = self.ty()?;
        self.define(func, v, ty);
        Ok(v)
    }

    fn block(&mut self, func: &mut Func) -> Result<()> {
        let index = self.index('b')? as usize;
        while func.blocks.len() <= index {
            func.blocks.push(BlockData::default());
        }
        let block = Block::new(index);
        if self.eat('(') {
            func.blocks[block].params = self.comma_list(')', |p| p.typed_value(func))?;
        }
        func.blocks[block].cold = self.eat_word("cold");
        self.expect(':')?;
        loop {
            let inst = self.inst(func)?;
            func.blocks[block].insts.push(inst);
            if func.insts[inst].op.is_terminator() {
                return Ok(());
            }
        }
    }

    fn inst(&mut self, func: &mut Func) -> Result<Inst> {
        let mut results = Vec::new();
        let is_value = |t: &Token| matches!(t, Token::Word(w) if w.starts_with('v') && w.len() > 1 && w[1..].bytes().all(|b| b.is_ascii_digit()));
        if is_value(self.peek()) {
            loop {
                results.push(self.typed_value(func)?);
                if !self.eat(',') {
                    break;
                }
            }
            self.expect('=')?;
        }
        let op = self.op()?;
        let pos = self.pos()?;
        Ok(func.insts.push(InstData { op, results: results.into(), pos }))
    }

    fn pair(&mut self) -> Result<(Value, Value)> {
        let a = self.value()?;
        self.expect(',')?;
        Ok((a, self.value()?))
    }

    fn slot_place(&mut self) -> Result<(Slot, u32)> {
        let slot = Slot::from_raw(self.index('s')?);
        Ok((slot, self.number()?))
    }

    fn block_name(&mut self) -> Result<Block> {
        Ok(Block::from_raw(self.index('b')?))
    }

    fn target(&mut self) -> Result<Target> {
        let block = self.block_name()?;
        let args = if self.eat('(') { self.comma_list(')', Self::value)? } else { Vec::new() };
        Ok(Target { block, args })
    }

    fn args(&mut self) -> Result<Vec<Value>> {
        self.expect('(')?;
        self.comma_list(')', Self::value)
    }

    fn op(&mut self) -> Result<Op> {
        let w = self.word()?;
        if let Some(op) = BinOp::from_word(&w) {
            let (a, b) = self.pair()?;
            return Ok(Op::Binary(op, a, b));
        }
        if let Some(op) = UnOp::from_word(&w) {
            return Ok(Op::Unary(op, self.value()?));
        }
        if let Some(op) = ConvOp::from_word(&w) {
            return Ok(Op::Convert(op, self.value()?));
        }
        if let Some(op) = self.atomic_op(&w)? {
            return Ok(op);
        }
        match self.simple_op(&w)? {
            Some(op) => Ok(op),
            None => self.control_op(&w),
        }
    }

    fn atomic_op(&mut self, w: &str) -> Result<Option<Op>> {
        Ok(Some(match w {
            "atomic_load" => Op::AtomicLoad(self.value()?),
            "atomic_store" => {
                let (addr, value) = self.pair()?;
                Op::AtomicStore { addr, value, barrier: self.eat_word("barrier") }
            }
            "atomic_cas" => {
                let (addr, old) = self.pair()?;
                self.expect(',')?;
                let new = self.value()?;
                Op::AtomicCas { addr, old, new, barrier: self.eat_word("barrier") }
            }
            w => {
                let Some(op) = RmwOp::from_word(w) else { return Ok(None) };
                let (addr, value) = self.pair()?;
                Op::AtomicRmw { op, addr, value, barrier: self.eat_word("barrier") }
            }
        }))
    }

    fn simple_op(&mut self, w: &str) -> Result<Option<Op>> {
        Ok(Some(match w {
            "iconst" => Op::Iconst(self.number()?),
            "fconst" => Op::Fconst(self.number()?),
            "sym_addr" => {
                self.expect('@')?;
                let symbol = match self.peek().clone() {
                    Token::Str(name) => {
                        self.at += 1;
                        let Some(f) = self.module.func_by_name(&name) else {
                            return self.fail("unknown function");
                        };
                        self.module.func_symbol(f)
                    }
                    _ => SymbolId(self.number()?),
                };
                Op::SymAddr(symbol, self.number()?)
            }
            "slot_addr" => {
                let (s, o) = self.slot_place()?;
                Op::SlotAddr(s, o)
            }
            "icmp" => {
                let c = self.word()?;
                let Some(c) = IntCond::from_word(&c) else { return self.fail("unknown condition") };
                let (a, b) = self.pair()?;
                Op::Icmp(c, a, b)
            }
            "fcmp" => {
                let c = self.word()?;
                let Some(c) = FloatCond::from_word(&c) else { return self.fail("unknown condition") };
                let (a, b) = self.pair()?;
                Op::Fcmp(c, a, b)
            }
            "select" => {
                let c = self.value()?;
                self.expect(',')?;
                let (a, b) = self.pair()?;
                Op::Select(c, a, b)
            }
            "ptr_add" => {
                let (a, b) = self.pair()?;
                Op::PtrAdd(a, b)
            }
            "load" => {
                Op::Load { addr: self.value()?, offset: self.number()?, nil_check: self.eat_word("checked") }
            }
            "store" => {
                let addr = self.value()?;
                let offset = self.number()?;
                self.expect(',')?;
                let value = self.value()?;
                let nil_check = self.eat_word("checked");
                Op::Store { addr, offset, value, nil_check, barrier: self.eat_word("barrier") }
            }
            "slot_load" => {
                let (s, o) = self.slot_place()?;
                Op::SlotLoad(s, o)
            }
            "slot_store" => {
                let (s, o) = self.slot_place()?;
                self.expect(',')?;
                Op::SlotStore(s, o, self.value()?)
            }
            "copy" => {
                let (dst, src) = self.pair()?;
                self.expect(',')?;
                Op::Copy { dst, src, size: self.number()? }
            }
            "zero" => {
                let dst = self.value()?;
                self.expect(',')?;
                Op::Zero { dst, size: self.number()? }
            }
            "nil_check" => Op::NilCheck(self.value()?),
            "bounds" => {
                let k = self.word()?;
                let Some(kind) = BoundsKind::from_word(&k) else { return self.fail("unknown kind of check") };
                let (index, len) = self.pair()?;
                Op::BoundsCheck { kind, index, len, signed: self.eat_word("signed") }
            }
            "frame_pointer" => Op::FramePointer,
            "get_g" => Op::GetG,
            "poll" => Op::Poll,
            _ => return Ok(None),
        }))
    }

    fn control_op(&mut self, w: &str) -> Result<Op> {
        Ok(match w {
            "call" => {
                let id = match self.peek().clone() {
                    Token::Str(name) => {
                        self.at += 1;
                        match self.module.func_by_name(&name) {
                            Some(id) => id,
                            None => return self.fail(format!("unknown function {name}")),
                        }
                    }
                    _ => FuncId::from_raw(self.index('f')?),
                };
                Op::Call(Callee::Func(id), self.args()?)
            }
            "call_indirect" => {
                let code = self.value()?;
                let sig = self.sig()?;
                self.expect(':')?;
                Op::Call(Callee::Indirect(code, sig), self.args()?)
            }
            "call_runtime" => {
                let name = self.word()?;
                match RuntimeFn::by_name(&name) {
                    Some(f) => Op::Call(Callee::Runtime(f), self.args()?),
                    None => return self.fail(format!("unknown runtime function {name}")),
                }
            }
            "jump" => Op::Jump(self.target()?),
            "branch" => {
                let cond = self.value()?;
                self.expect(',')?;
                let then = self.target()?;
                self.expect(',')?;
                Op::Branch { cond, then, els: self.target()? }
            }
            "switch" => {
                let value = self.value()?;
                self.expect(',')?;
                let mut cases = Vec::new();
                while !self.eat_word("default") {
                    let c = self.number()?;
                    self.expect(':')?;
                    cases.push((c, self.target()?));
                    self.expect(',')?;
                }
                Op::Switch { value, cases, default: self.target()? }
            }
            "return" => {
                let mut results = Vec::new();
                while matches!(self.peek(), Token::Word(w) if w.starts_with('v')) {
                    results.push(self.value()?);
                    if !self.eat(',') {
                        break;
                    }
                }
                Op::Return(results)
            }
            "unreachable" => Op::Unreachable,
            "defer_enter" => {
                let normal = self.block_name()?;
                self.expect(',')?;
                self.keyword("landing")?;
                Op::DeferEnter { normal, landing: self.block_name()? }
            }
            w => return self.fail(format!("unknown operation {w}")),
        })
    }
}
