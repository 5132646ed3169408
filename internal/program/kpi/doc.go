// Package kpi is what those who lead the agency are told in figures: which figures, with
// owner, target and how often (agency practice; it supports the evaluation of 45 CFR
// 164.308(a)(8)), and the reports that were filed.
//
// A figure is counted from dated facts and records as they were at the end of a period, so
// that counting it again, however much later, gives the same number. A filed report keeps
// what was counted and never changes; a wrong one is corrected by another that says which
// one it replaces. Where figures come from is not known here: package sources joins them.
//
// Nothing here is about a client.
//
// To start: New with sources, then Set, Count, File, Recount.
package kpi
