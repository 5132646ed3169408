package report

// Most is how many records of a kind a report is counted from at most.
const Most = step * parts
