package policy

import (
	"sync"
	"sync/atomic"
)

// memoSize is how many answers are kept at most, twice over. An agency asks a
// few thousand different questions; an answer takes about 300 bytes.
const memoSize = 1 << 14

// memo keeps answers. It is bounded: when the young generation is full it
// becomes the old one, whose answers are forgotten unless somebody asks again.
type memo struct {
	size       int64
	generation atomic.Pointer[generation]
	turn       sync.Mutex
}

type generation struct {
	young, old *sync.Map // Question → Answer
	count      atomic.Int64
}

func newMemo(size int) *memo {
	m := &memo{size: int64(size)}
	m.generation.Store(&generation{young: new(sync.Map), old: new(sync.Map)})
	return m
}

func (m *memo) get(q Question) (Answer, bool) {
	g := m.generation.Load()
	if a, ok := g.young.Load(q); ok {
		return a.(Answer), true
	}
	if a, ok := g.old.Load(q); ok {
		m.put(q, a.(Answer))
		return a.(Answer), true
	}
	return Answer{}, false
}

func (m *memo) put(q Question, a Answer) {
	g := m.generation.Load()
	if _, there := g.young.LoadOrStore(q, a); there || g.count.Add(1) < m.size {
		return
	}
	m.turn.Lock()
	defer m.turn.Unlock()
	if m.generation.Load() == g {
		m.generation.Store(&generation{young: new(sync.Map), old: g.young})
	}
}

// len is how many answers are kept, an answer in both generations counted twice.
func (m *memo) len() int {
	n := 0
	count := func(any, any) bool { n++; return true }
	g := m.generation.Load()
	g.young.Range(count)
	g.old.Range(count)
	return n
}
