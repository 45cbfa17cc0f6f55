import preset from '../../jest.preset.js'

// Tests of the built binary start processes of their own, a second each on a busy machine.
export default { ...preset, testTimeout: 60_000 }
