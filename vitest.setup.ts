import fc from 'fast-check'

// Property tests draw the same cases on every machine and run; change the seed to look for new ones.
fc.configureGlobal({ seed: 20261121 })
