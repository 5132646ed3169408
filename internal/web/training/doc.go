// Package training is the pages of training: what somebody is to learn, taking a
// course, and for who looks after others or keeps courses, who has what. It holds
// no rule; what may be done the use-cases ask the door.
package training
