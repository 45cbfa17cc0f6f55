// A package registry on loopback with this repository's packages in it, as they will be downloaded once published.
import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root, toolFolder } from './pnpm.js'

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}

/** What verdaccio is told: our packages are published by anyone on loopback, all else comes from npm's own registry. */
function configuration(storage, upstream) {
  const open = { access: '$all', publish: '$anonymous', unpublish: '$anonymous' }
  return {
    storage,
    uplinks: { upstream: { url: upstream, maxage: '60m' } },
    packages: { '@rgen/*': open, 'create-rgen': open, '**': { access: '$all', proxy: 'upstream' } },
    log: { type: 'stdout', format: 'json', level: 'error' },
    web: { enable: false },
  }
}

async function untilAnswers(url, child) {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the local registry ended with exit code ${child.exitCode}`)
    const answer = await fetch(url).catch(() => undefined)
    if (answer?.ok) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/**
 * Starts the registry and publishes every package of the workspace into it.
 *
 * @param {NodeJS.ProcessEnv} env The environment whose npm registry stands behind ours.
 * @returns {Promise<{ env: NodeJS.ProcessEnv, stop: () => void }>} `env` is the environment in which package managers
 *   use this registry and no other.
 */
export async function startRegistry(env) {
  const folder = mkdtempSync(join(tmpdir(), 'rgen-registry-'))
  const upstream = execFileSync('npm', ['config', 'get', 'registry'], {
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
    .toString()
    .trim()
  // Some registries serve only the dist-tag `latest`; verdaccio asks for node-fetch by another tag.
  const tools = toolFolder('verdaccio-6.8.0', { verdaccio: '6.8.0' }, { 'node-fetch': '2.7.0' })
  const port = await freePort()
  const config = join(folder, 'config.yaml')
  mkdirSync(join(folder, 'storage'))
  writeFileSync(config, JSON.stringify(configuration(join(folder, 'storage'), upstream)))

  const verdaccio = spawn(
    process.execPath,
    [
      join(tools, 'node_modules', 'verdaccio', 'bin', 'verdaccio'),
      '--config',
      config,
      '--listen',
      `127.0.0.1:${port}`,
    ],
    { cwd: folder, env: { ...env, NODE_NO_WARNINGS: '1' }, stdio: ['ignore', 'ignore', 'inherit'] },
  )
  verdaccio.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const url = `http://127.0.0.1:${port}/`
  const userConfig = join(folder, 'npmrc')
  writeFileSync(userConfig, `registry=${url}\n//127.0.0.1:${port}/:_authToken=loopback\n`)
  const inside = { ...withoutRegistry(env), npm_config_registry: url, npm_config_userconfig: userConfig }
  try {
    await untilAnswers(`${url}-/ping`, verdaccio)
    publishAll(folder, inside)
  } catch (error) {
    verdaccio.kill()
    throw error
  }
  return { env: inside, stop: () => verdaccio.kill() }
}

/** A registry that the machine names in a variable, in whatever case, would go before our .npmrc. */
function withoutRegistry(env) {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !/^(?:npm|pnpm)_config_(?:registry|userconfig)$/i.test(name)),
  )
}

function publishAll(folder, env) {
  for (const name of readdirSync(join(root, 'packages'))) {
    const cwd = join(root, 'packages', name)
    const { name: packageName, version } = JSON.parse(readFileSync(join(cwd, 'package.json'), 'utf8'))
    execFileSync('pnpm', ['pack', '--pack-destination', folder], {
      cwd,
      env,
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    const tarball = join(folder, `${packageName.replace('@', '').replace('/', '-')}-${version}.tgz`)
    execFileSync('npm', ['publish', tarball, '--loglevel=error'], {
      cwd: folder,
      env,
      stdio: ['ignore', 'ignore', 'inherit'],
    })
  }
}
