package vendors

import (
	"strconv"
	"testing"
	"time"
)

func TestACounterLetsGoOnAgainAfterItsTime(t *testing.T) {
	c := counter{most: 3, in: time.Minute}
	now := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	for i := range 3 {
		if d := c.wait("a", now); d != 0 {
			t.Fatalf("the %d. of three waits %v", i+1, d)
		}
	}
	if d := c.wait("a", now.Add(20*time.Second)); d != 40*time.Second {
		t.Errorf("the fourth waits %v, not until the minute is over", d)
	}
	if d := c.wait("b", now); d != 0 {
		t.Errorf("another waits %v", d)
	}
	if d := c.wait("a", now.Add(time.Minute)); d != 0 {
		t.Errorf("after the minute it waits %v", d)
	}
}

func TestACounterIsBounded(t *testing.T) {
	c := counter{most: 1, in: time.Minute}
	now := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	for i := range mostCounted + 5 {
		c.wait(strconv.Itoa(i), now)
	}
	if len(c.by) > mostCounted {
		t.Errorf("%d are counted", len(c.by))
	}
}

func TestVisitorsOfOneNetworkAreCountedAsOne(t *testing.T) {
	for _, x := range []struct {
		a, b string
		same bool
	}{
		{"192.0.2.1", "192.0.2.200", true}, {"192.0.2.1", "192.0.3.1", false}, {"::ffff:192.0.2.9", "192.0.2.1", true},
		{"2001:db8::1", "2001:db8:0:7f::1", true}, {"2001:db8::1", "2001:db8:1::1", false}, {"no address", "192.0.2.1", false},
	} {
		if same := network(x.a) == network(x.b); same != x.same {
			t.Errorf("%s and %s: %v", x.a, x.b, same)
		}
	}
}
