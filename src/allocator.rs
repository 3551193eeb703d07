//! The module's allocator: a free list for each power of two, on memory that only grows.
//!
//! The standard library's allocator would be a tenth of the module. This one has a fiftieth of its size and is as fast,
//! but uses more memory: a block is rounded up to a power of two, and reused for blocks of its size only. The module
//! allocates little: a few short-lived objects, and some buffers that double. Miri runs the tests.
#![allow(unsafe_code, reason = "an allocator hands out memory")]

use std::{
    alloc::{GlobalAlloc, Layout},
    cell::UnsafeCell,
    ptr::null_mut,
};

/// The smallest block, and the alignment of all blocks. Nothing here needs a larger one.
const UNIT: usize = 16;

/// Blocks of 16 bytes to 2 GiB.
const CLASSES: usize = 28;

/// A source of memory.
pub trait Memory {
    /// Grows the memory by at least `bytes` bytes, aligned to [`UNIT`]. Returns their address and number.
    fn grow(&self, bytes: usize) -> Option<(*mut u8, usize)>;
}

/// An allocator for one thread.
pub struct Allocator<M> {
    memory: M,
    state: UnsafeCell<State>,
}

struct State {
    /// The first free block of each class. A free block holds the address of the next.
    free: [*mut u8; CLASSES],
    /// Memory that has never been used.
    rest: *mut u8,
    rest_size: usize,
}

impl<M> Allocator<M> {
    /// An allocator without memory.
    pub const fn new(memory: M) -> Self {
        let state = State { free: [null_mut(); CLASSES], rest: null_mut(), rest_size: 0 };
        Self { memory, state: UnsafeCell::new(state) }
    }
}

// SAFETY: WebAssembly has one thread here, and on the host only tests of one thread use it.
unsafe impl<M> Sync for Allocator<M> {}

/// The class of blocks for a layout; [`CLASSES`] or more if none is large enough or aligned enough.
fn class(layout: Layout) -> usize {
    if layout.align() > UNIT {
        return CLASSES;
    }
    let units = layout.size().saturating_sub(1) / UNIT;
    (usize::BITS - units.leading_zeros()) as usize
}

// SAFETY: a block is either in one free list or allocated, and no two overlap: `rest` only advances, by the size of the
// block's class. A block is freed with the layout that it was allocated with, so its class is the same.
unsafe impl<M: Memory> GlobalAlloc for Allocator<M> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let class = class(layout);
        // SAFETY: no reference to the state outlives the call, and nothing in the call allocates.
        let state = unsafe { &mut *self.state.get() };
        let Some(free) = state.free.get_mut(class) else { return null_mut() };
        let first = *free;
        if !first.is_null() {
            // SAFETY: `dealloc` has written it, and a block is aligned for an address.
            *free = unsafe { first.cast::<*mut u8>().read() };
            return first;
        }
        let size = UNIT << class;
        if state.rest_size < size {
            let Some((begin, length)) = self.memory.grow(size) else { return null_mut() };
            // SAFETY: the pointer is one past the end of the rest, and is only compared.
            if begin == unsafe { state.rest.add(state.rest_size) } {
                state.rest_size += length;
            } else {
                (state.rest, state.rest_size) = (begin, length);
            }
        }
        let block = state.rest;
        // SAFETY: the rest has at least this many bytes.
        state.rest = unsafe { block.add(size) };
        state.rest_size -= size;
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as in `alloc`.
        let state = unsafe { &mut *self.state.get() };
        let free = &mut state.free[class(layout)];
        // SAFETY: the block has at least `UNIT` bytes, is aligned to them, and its owner has given it back.
        unsafe { block.cast::<*mut u8>().write(*free) };
        *free = block;
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller's promise about the layout.
        let wanted = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        if class(wanted) == class(layout) {
            return block;
        }
        // SAFETY: as the caller promises.
        unsafe {
            let moved = self.alloc(wanted);
            if !moved.is_null() {
                moved.copy_from_nonoverlapping(block, layout.size().min(size));
                self.dealloc(block, layout);
            }
            moved
        }
    }
}

/// The memory of the module.
#[cfg(target_arch = "wasm32")]
pub struct LinearMemory;

#[cfg(target_arch = "wasm32")]
impl Memory for LinearMemory {
    fn grow(&self, bytes: usize) -> Option<(*mut u8, usize)> {
        const PAGE: usize = 64 << 10;
        // Growing detaches the shim's views, so it is done in large steps. Pages that are never touched cost nothing.
        const LEAST_PAGES: usize = 32;
        let pages = bytes.div_ceil(PAGE).max(LEAST_PAGES);
        let page = std::arch::wasm32::memory_grow::<0>(pages);
        (page != usize::MAX).then(|| (std::ptr::with_exposed_provenance_mut(page * PAGE), pages * PAGE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{collection::vec, prelude::*};
    use std::cell::Cell;

    /// Memory that grows in steps within one block, like the module's.
    struct Arena {
        begin: *mut u8,
        used: Cell<usize>,
    }

    const ARENA: Layout = match Layout::from_size_align(1 << 20, UNIT) {
        Ok(layout) => layout,
        Err(_) => panic!(),
    };

    impl Arena {
        fn new() -> Self {
            // SAFETY: the size isn't 0.
            Self { begin: unsafe { std::alloc::alloc(ARENA) }, used: Cell::new(0) }
        }
    }

    impl Memory for Arena {
        fn grow(&self, bytes: usize) -> Option<(*mut u8, usize)> {
            let length = bytes.next_multiple_of(256);
            let used = self.used.get();
            if used + length > ARENA.size() {
                return None;
            }
            self.used.set(used + length);
            // SAFETY: within the arena.
            Some((unsafe { self.begin.add(used) }, length))
        }
    }

    impl Drop for Arena {
        fn drop(&mut self) {
            // SAFETY: as it was allocated.
            unsafe { std::alloc::dealloc(self.begin, ARENA) }
        }
    }

    #[derive(Clone, Debug)]
    enum Act {
        Allocate(usize),
        Resize(usize, usize),
        Free(usize),
    }

    fn act() -> impl Strategy<Value = Act> {
        prop_oneof![
            (1_usize..3_000).prop_map(Act::Allocate),
            (any::<usize>(), 1_usize..3_000).prop_map(|(which, size)| Act::Resize(which, size)),
            any::<usize>().prop_map(Act::Free),
        ]
    }

    fn layout(size: usize) -> Layout {
        Layout::from_size_align(size, 8).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            cases: if cfg!(miri) { 8 } else { 256 },
            failure_persistence: None,
            ..ProptestConfig::default()
        })]

        #[test]
        fn blocks_keep_their_contents_until_they_are_freed(acts in vec(act(), 1..200)) {
            let allocator = Allocator::new(Arena::new());
            let mut blocks: Vec<(*mut u8, usize, u8)> = Vec::new();
            for (at, act) in acts.into_iter().enumerate() {
                let mark = at as u8;
                // SAFETY: each block is used as long as it is in the list, with the layout that it has there.
                unsafe {
                    match act {
                        Act::Allocate(size) => {
                            let block = allocator.alloc(layout(size));
                            prop_assert!(!block.is_null());
                            prop_assert_eq!(block.addr() % UNIT, 0);
                            block.write_bytes(mark, size);
                            blocks.push((block, size, mark));
                        }
                        Act::Resize(which, size) if !blocks.is_empty() => {
                            let which = which % blocks.len();
                            let (block, old, mark) = blocks[which];
                            let block = allocator.realloc(block, layout(old), size);
                            prop_assert!(!block.is_null());
                            for at in 0..old.min(size) {
                                prop_assert_eq!(block.add(at).read(), mark);
                            }
                            block.write_bytes(mark, size);
                            blocks[which] = (block, size, mark);
                        }
                        Act::Free(which) if !blocks.is_empty() => {
                            let (block, size, mark) = blocks.swap_remove(which % blocks.len());
                            for at in 0..size {
                                prop_assert_eq!(block.add(at).read(), mark);
                            }
                            allocator.dealloc(block, layout(size));
                        }
                        _ => {}
                    }
                }
            }
        }
    }

    #[test]
    fn freed_blocks_are_reused() {
        let allocator = Allocator::new(Arena::new());
        for _ in 0..10_000 {
            // SAFETY: each block is freed as it was allocated.
            unsafe {
                let small = allocator.alloc(layout(40));
                let large = allocator.alloc(layout(5_000));
                allocator.dealloc(small, layout(40));
                allocator.dealloc(large, layout(5_000));
            }
        }
        assert!(allocator.memory.used.get() < 20_000);
    }

    #[test]
    fn impossible_allocations_return_null() {
        let allocator = Allocator::new(Arena::new());
        // SAFETY: the block isn't used.
        unsafe {
            assert!(allocator.alloc(layout(2 << 20)).is_null());
            assert!(allocator.alloc(layout(isize::MAX as usize - 7)).is_null());
            assert!(allocator.alloc(Layout::from_size_align(8, 64).unwrap()).is_null());
            assert!(!allocator.alloc(layout(8)).is_null());
        }
    }
}
