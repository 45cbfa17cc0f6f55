// A PostgreSQL server of our own in a temporary folder: the one on PATH, or one where Debian puts it. Default settings.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdirSync, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { freePort } from './free-port.js'

/** Starts a server on loopback. As root it runs under the user `postgres`, since it refuses root. */
export async function startPostgres(parent) {
  const bin = findBin()
  const user = process.getuid?.() === 0 ? idsOf('postgres') : {}
  const folder = join(parent, 'postgres')
  mkdirSync(folder, { recursive: true })
  if (user.uid !== undefined) chownSync(folder, user.uid, user.gid)
  const data = join(folder, 'data')
  execFileSync(join(bin, 'initdb'), ['-D', data, '-U', 'postgres', '-A', 'trust'], {
    ...user,
    cwd: folder,
    stdio: 'ignore',
  })
  const port = await freePort()
  const server = spawn(
    join(bin, 'postgres'),
    ['-D', data, '-p', String(port), '-k', folder, '-c', 'listen_addresses=127.0.0.1'],
    { ...user, cwd: folder, stdio: 'ignore' },
  )
  const ended = once(server, 'exit')
  process.once('exit', () => server.kill('SIGQUIT'))
  const ready = () => {
    try {
      execFileSync(join(bin, 'pg_isready'), ['-h', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' })
      return true
    } catch {
      return false
    }
  }
  for (const deadline = performance.now() + 20_000; !ready();) {
    if (performance.now() > deadline || server.exitCode !== null) throw new Error('PostgreSQL did not start')
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  const version = execFileSync(join(bin, 'postgres'), ['--version'], { encoding: 'utf8' })
  return {
    url: `postgresql://postgres@127.0.0.1:${port}/bench`,
    version: version.replace('postgres (PostgreSQL)', 'PostgreSQL').trim(),
    stop: async () => {
      server.kill('SIGINT')
      await ended
    },
  }
}

function findBin() {
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian) ? readdirSync(debian).toSorted((a, b) => Number(b) - Number(a)) : []
  const folders = [
    ...versions.map((version) => join(debian, version, 'bin')),
    ...(process.env.PATH ?? '').split(delimiter),
  ]
  const found = folders.find((folder) =>
    ['initdb', 'postgres', 'pg_isready'].every((name) => existsSync(join(folder, name))),
  )
  if (found === undefined) throw new Error('there is no PostgreSQL here: install it, or put it on PATH')
  return found
}

function idsOf(name) {
  const id = (flag) => Number(execFileSync('id', [flag, name], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}
