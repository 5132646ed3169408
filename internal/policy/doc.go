// Package policy decides: may whoever asks this question use these classes of
// information for this action? It answers from Cedar policies, which lie in
// policies/*.cedar by theme, each with an id, one English sentence and its
// citation, so that a privacy officer can read them (45 CFR 164.308(a)(4),
// 164.312(a)(1), 164.514(d)(2)).
//
// It is pure. A [Question] holds everything that decides; no file, clock,
// network, database or actor is looked at, and two equal questions have the same
// answer until the program is replaced ([Engine.Version] names the set). It
// never logs, never opens anything and knows no client: that is the door's work.
//
// What is not permitted is refused. A rule that cannot be evaluated refuses the
// class it was asked about, because Cedar alone would skip a broken forbid and
// allow. Unknown actions, roles, purposes, services, classes and relations are
// refused too.
//
// Purposes matter as the law has them: treatment, operations, the person's own
// request and duties under law open the ordinary chart to whoever works with the
// client; payment opens who, what was provided and what pays (45 CFR
// 164.502(b)(1)); oversight is the officers'. An emergency grant works for
// treatment and for emergency, so that nobody has to change a setting first;
// psychotherapy notes and substance use records need emergency.
//
// What a role may do at all is asked too ([Engine.Rights], [Engine.Could]): a right is a
// rule that can permit the role something. A rule that permits what is seldom needed by its
// nature, as breaking the glass, has @use("rare"): that nobody used it is no reason to take
// it away.
//
// To add an action: declare it in policies/schema.cedarschema with the sentence of
// what a person does. To add a rule: write it in the file of its theme, and lines
// for each side of it in testdata/cases. The tests fail until every word of the
// rule matters to a case, and tools/cedar asks the official engine the same.
package policy
