import SMTPConnection from 'nodemailer/lib/smtp-connection'

/** Says hello to the mail server without sending anything: whether it is there, takes TLS and takes our password. */
export function checkSmtp(url: string, timeoutMs = 8_000): Promise<{ ok: boolean; words: string }> {
  const target = new URL(url)
  const secure = target.protocol === 'smtps:'
  const port = Number(target.port || (secure ? 465 : 587))
  const place = `${target.hostname}:${port}`
  const connection = new SMTPConnection({
    host: target.hostname,
    port,
    secure,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
  })
  return new Promise(resolve => {
    const end = (ok: boolean, words: string) => {
      connection.close()
      resolve({ ok, words })
    }
    connection.once('error', error =>
      end(false, `The mail server ${place} cannot be used: ${error.message}.`),
    )
    connection.connect(() => {
      const tls = connection.secure ? 'over TLS' : 'WITHOUT TLS: passwords and mails can be read on the way'
      const isLocal = ['localhost', '127.0.0.1', '[::1]'].includes(target.hostname)
      const sound = connection.secure || isLocal
      if (!target.username) return end(sound, `The mail server ${place} answers ${tls}.`)
      const credentials = {
        user: decodeURIComponent(target.username),
        pass: decodeURIComponent(target.password),
      }
      connection.login({ credentials }, error =>
        error
          ? end(false, `The mail server ${place} refuses our user name or password: ${error.message}.`)
          : end(sound, `The mail server ${place} answers ${tls} and takes our password.`),
      )
    })
  })
}
