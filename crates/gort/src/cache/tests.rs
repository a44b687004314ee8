//! What a disk does to entries, and what runs beside each other do.
#![allow(clippy::unwrap_used)]

use super::*;
use gort_abi::module::DataObject;
use gort_codegen::Stored;

/// A directory of its own, gone with the value.
struct TempDir(PathBuf);

impl TempDir {
    fn new(name: &str) -> Self {
        let dir = std::env::temp_dir().join(format!("gort-cache-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        Self(dir)
    }

    fn cache(&self) -> Cache {
        Cache::at(self.0.clone())
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn key() -> Key {
    Key::of_bytes(b"key")
}

fn program() -> Vec<u8> {
    let func = CompiledFunc { name: "main.main".into(), ..CompiledFunc::default() };
    let data = DataObject { name: "d".into(), bytes: vec![1, 2, 3], ..DataObject::default() };
    let module = CompiledModule { funcs: vec![func], data: vec![data], ..CompiledModule::default() };
    let rest = Stored { shared: vec![7; 40], bodies: vec![vec![9; 30]], code_size: 64 };
    let code = CompiledFunc { name: "main.main".into(), code: vec![0xc3], ..CompiledFunc::default() };
    Entry::make(&key(), module, vec![(0, code)], &rest)
}

#[test]
fn an_entry_is_read_as_it_was_written() {
    let dir = TempDir::new("same");
    let cache = dir.cache();
    assert!(cache.find(&key(), &mut Sources::default()).is_none());
    cache.write(&key(), &program()).unwrap();
    let found = cache.find(&key(), &mut Sources::default()).unwrap();
    assert_eq!(found.module.funcs[0].code, [0xc3]);
    assert_eq!(found.module.data[0].bytes, [1, 2, 3]);
    assert!(!found.keep.unwrap().is_worth_it());
    assert_eq!(fs::read_dir(&dir.0).unwrap().count(), 1);
}

#[test]
fn later_sections_are_read_from_the_open_file() {
    use gort_codegen::Bytes;
    let dir = TempDir::new("later");
    let cache = dir.cache();
    cache.write(&key(), &program()).unwrap();
    let (entry, _) = Entry::read(File::open(cache.place(&key())).unwrap(), &key(), None).unwrap();
    cache.clean().unwrap();
    let entry = Arc::new(entry);
    let bytes = EntryBytes(Arc::clone(&entry));
    assert_eq!(bytes.shared().unwrap(), vec![7; 40]);
    assert_eq!(bytes.body(0).unwrap(), vec![9; 30]);
    assert!(bytes.body(1).is_err());
    let code = CompiledFunc { code: vec![0x90, 0xc3], ..CompiledFunc::default() };
    cache.write(&key(), &entry.with(&key(), vec![(0, code)]).unwrap()).unwrap();
    assert_eq!(cache.find(&key(), &mut Sources::default()).unwrap().module.funcs[0].code, [0x90, 0xc3]);
}

#[test]
fn a_truncated_entry_is_none() {
    let dir = TempDir::new("short");
    let cache = dir.cache();
    let whole = program();
    for length in 0..whole.len() {
        cache.write(&key(), &whole[..length]).unwrap();
        assert!(cache.find(&key(), &mut Sources::default()).is_none(), "{length}");
        assert!(!cache.place(&key()).exists());
    }
}

#[test]
fn a_corrupted_entry_is_none() {
    let dir = TempDir::new("bits");
    let cache = dir.cache();
    let whole = program();
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << (at % 8);
        cache.write(&key(), &bytes).unwrap();
        assert!(cache.find(&key(), &mut Sources::default()).is_none(), "{at}");
    }
}

#[test]
fn an_entry_of_another_key_is_none() {
    let dir = TempDir::new("other");
    let cache = dir.cache();
    let other = Key::of_bytes(b"other");
    cache.write(&other, &program()).unwrap();
    assert!(cache.find(&other, &mut Sources::default()).is_none());
}

#[test]
fn writers_and_readers_beside_each_other() {
    let dir = TempDir::new("beside");
    let cache = dir.cache();
    let whole = program();
    cache.write(&key(), &whole).unwrap();
    std::thread::scope(|s| {
        for _ in 0..4 {
            s.spawn(|| (0..50).for_each(|_| assert!(cache.find(&key(), &mut Sources::default()).is_some())));
        }
        for i in 0..50 {
            let aside = dir.0.join(format!("{i}.new"));
            fs::write(&aside, &whole).unwrap();
            fs::rename(&aside, cache.place(&key())).unwrap();
        }
    });
}

#[test]
fn a_place_that_cannot_be_written_is_said() {
    let dir = TempDir::new("file");
    fs::write(&dir.0, "a file").unwrap();
    assert!(dir.cache().write(&key(), &program()).is_err());
    fs::remove_file(&dir.0).unwrap();
    assert!(Cache::at(PathBuf::from("/dev/full/x")).write(&key(), &program()).is_err());
}

#[test]
fn what_was_not_used_for_longest_goes() {
    let dir = TempDir::new("evict");
    let cache = dir.cache();
    let keys = ["a", "b", "c"].map(|name| Key::of_bytes(name.as_bytes()));
    for (age, key) in keys.iter().enumerate() {
        cache.write(key, &[0; 100]).unwrap();
        let used = SystemTime::now() - std::time::Duration::from_secs(100 - age as u64);
        File::options().write(true).open(cache.place(key)).unwrap().set_modified(used).unwrap();
    }
    cache.evict(250).unwrap();
    let there = keys.map(|key| cache.place(&key).exists());
    assert_eq!(there, [false, true, true]);
}

#[test]
fn a_checked_entry_is_checked_again_once_it_changed() {
    let dir = TempDir::new("checked");
    let cache = dir.cache();
    cache.write(&key(), &program()).unwrap();
    let mut sources = Sources::default();
    assert!(cache.find(&key(), &mut sources).is_some());
    let facts = || fs::metadata(cache.place(&key())).unwrap();
    assert_eq!(sources.checked(&key(), &facts()), None, "written a moment ago");
    std::thread::sleep(Duration::from_secs(3));
    assert!(cache.find(&key(), &mut sources).is_some());
    assert!(sources.checked(&key(), &facts()).is_some());
    assert!(cache.find(&key(), &mut sources).is_some());
    let mut bytes = fs::read(cache.place(&key())).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(cache.place(&key()), bytes).unwrap();
    assert_eq!(sources.checked(&key(), &facts()), None);
    assert!(cache.find(&key(), &mut sources).is_none(), "damaged since");
}
