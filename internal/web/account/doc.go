// Package account serves the pages about being somebody here: signing in,
// enrolling, proving it again, locking, one's own sessions and ways in, and the
// workforce: who works here, who is invited, who stands in for whom.
//
// A handler asks packages authn and org and shows what they answer. It decides
// nothing about who may; where it leaves a button out, that is a courtesy, and
// the door or authn refuses all the same (45 CFR 164.312(d)). It keeps nothing:
// what a sign-in under way needs is sealed by authn and held by the browser, in
// a cookie no script can read, for the few minutes it lasts. No page says more
// about a wrong password than about an address nobody has.
package account
