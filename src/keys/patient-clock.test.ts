import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { dayMillis, hourMillis, minuteMillis, secondMillis } from '../base/index.ts'
import type { Instant } from '../base/index.ts'
import { PatientClock } from './patient-clock.ts'

const start = Date.UTC(2026, 10, 24)

/** A machine whose clock can be set, and which is asked every ten seconds, as the server does. */
class Machine {
  wall: Instant = start
  elapsed = 5_000
  readonly patient: PatientClock

  constructor(lastBelieved?: Instant) {
    this.patient = new PatientClock({ now: () => this.wall }, () => this.elapsed, lastBelieved)
  }

  /** Lets so much time pass, and gives what the patient clock says at its end. */
  run(millis: number): Instant {
    for (let passed = 0; passed < millis; passed += 10 * secondMillis) {
      this.wall += 10 * secondMillis
      this.elapsed += 10 * secondMillis
      this.patient.now()
    }
    return this.patient.now()
  }

  set(millis: number): Instant {
    this.wall += millis
    return this.patient.now()
  }
}

test('PatientClock.now() says what the clock says while it runs, for a day and with small corrections', () => {
  const machine = new Machine()

  assert.equal(machine.run(dayMillis), start + dayMillis)
  assert.equal(machine.set(30 * secondMillis), machine.wall)
  assert.equal(machine.set(-30 * secondMillis), machine.wall)
})

test('[J79] PatientClock.now() goes on as before while the clock is a year ahead and is corrected within the hour', () => {
  const machine = new Machine()

  const jumped = machine.set(365 * dayMillis)
  const later = machine.run(50 * minuteMillis)
  const corrected = machine.set(-365 * dayMillis)

  assert.equal(jumped, start)
  assert.equal(later, start + 50 * minuteMillis)
  assert.equal(corrected, machine.wall)
})

test('[J79] PatientClock.now() does not believe a clock that is a year ahead at start, until it has kept to it for an hour', () => {
  const machine = new Machine(start - minuteMillis)
  const wrong = new Machine(start - 365 * dayMillis)

  assert.equal(machine.patient.now(), start)
  assert.equal(wrong.patient.now(), start - 365 * dayMillis)
  assert.equal(wrong.run(50 * minuteMillis), start - 365 * dayMillis + 50 * minuteMillis)
  assert.equal(wrong.run(11 * minuteMillis), wrong.wall)
})

test('[J79] PatientClock.now() takes a clock that is behind what was believed last as it is', () => {
  const machine = new Machine(start + dayMillis)

  assert.equal(machine.patient.now(), start)
})

test('PatientClock.now() believes a jump that has lasted for an hour', () => {
  const machine = new Machine()
  machine.set(8 * dayMillis)

  const before = machine.run(hourMillis - minuteMillis)
  const after = machine.run(minuteMillis)

  assert.equal(before, start + hourMillis - minuteMillis)
  assert.equal(after, start + 8 * dayMillis + hourMillis)
})

test('PatientClock.now() begins the hour again when the clock jumps further', () => {
  const machine = new Machine()
  machine.set(2 * minuteMillis)
  machine.run(hourMillis - minuteMillis)
  machine.set(365 * dayMillis)

  const before = machine.run(hourMillis - minuteMillis)

  assert.equal(before, start + 2 * (hourMillis - minuteMillis))
})

test('PatientClock.now() follows a clock that is set back at once', () => {
  const machine = new Machine()

  assert.equal(machine.set(-hourMillis), start - hourMillis)
  assert.equal(machine.run(minuteMillis), start - hourMillis + minuteMillis)
})

test('[J79] PatientClock.now() is never ahead of the clock', () => {
  const step = fc.record({
    set: fc.integer({ min: -2 * dayMillis, max: 2 * dayMillis }),
    pass: fc.integer({ min: 0, max: 2 * hourMillis }),
  })

  const isNeverAhead = fc.property(fc.array(step, { maxLength: 20 }), steps => {
    const machine = new Machine()
    for (const { set, pass } of steps) {
      machine.wall += set + pass
      machine.elapsed += pass
      assert.ok(machine.patient.now() <= machine.wall)
    }
  })

  fc.assert(isNeverAhead, { seed: 20_261_124 })
})
