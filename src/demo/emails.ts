/** The demo's emails in MJML with Liquid. */
export type DemoEmail = { name: string; subject: string; preheader: string; fromName: string; source: string }

const frame = (body: string) => `<mjml>
  <mj-head>
    <mj-attributes>
      <mj-all font-family="Inter, 'Segoe UI', Helvetica, Arial, sans-serif" />
      <mj-text font-size="16px" line-height="26px" color="#27313f" padding="8px 32px" />
      <mj-button background-color="#2f6f4f" color="#ffffff" border-radius="8px" font-size="16px" font-weight="600"
        inner-padding="14px 28px" padding="16px 32px" align="left" />
    </mj-attributes>
    <mj-style>a { color: #2f6f4f; }</mj-style>
  </mj-head>
  <mj-body background-color="#eef2ee" width="600px">
    <mj-section padding="28px 0 12px">
      <mj-column>
        <mj-text font-size="20px" font-weight="700" color="#2f6f4f">tend</mj-text>
      </mj-column>
    </mj-section>
    <mj-wrapper background-color="#ffffff" border-radius="14px" padding="24px 0">
${body}
    </mj-wrapper>
    <mj-section padding="8px 0 28px">
      <mj-column>
        <mj-text font-size="12px" line-height="19px" color="#6b7787">
          You get this because you downloaded one of our papers and said that we may write to you.<br />
          Tend GmbH, Gartenweg 7, 1040 Wien, Austria
        </mj-text>
      </mj-column>
    </mj-section>
  </mj-body>
</mjml>
`

const section = (content: string) => `      <mj-section padding="0">
        <mj-column>
${content}
        </mj-column>
      </mj-section>`

/** Three days after the download: the one thing to do next. */
export const followUp: DemoEmail = {
  name: 'White paper follow-up',
  subject: '{{ contact.first_name | default: "Hello" }}, three ideas from the paper you can use this week',
  preheader: 'Ten minutes each, no new tools needed.',
  fromName: 'Anna from Tend',
  source: frame(
    section(`          <mj-text font-size="26px" line-height="34px" font-weight="700">
            Did the paper help, {{ contact.first_name | default: "there" }}?
          </mj-text>
          <mj-text>
            You downloaded our paper a few days ago. Most readers start with the same three things,
            and each of them takes about ten minutes:
          </mj-text>
          <mj-text padding-left="48px">
            1. Give points for what people <b>do</b>, and let them fade.<br />
            2. Ask sales which five customers they wish they had met sooner, and look what these did first.<br />
            3. Stop one mail that nobody would miss.
          </mj-text>
          <mj-button href="https://www.tend.example/evaluate?paper=lead-scoring">See how others set this up</mj-button>
          <mj-text>
            If you would rather look around by yourself, the
            <a href="https://www.tend.example/docs/getting-started">five-minute tour</a> is a good start.
          </mj-text>
          <mj-text>Anna from Tend</mj-text>`),
  ),
}

/** The same for people who are customers already: no pitch, only help. */
export const customerTips: DemoEmail = {
  name: 'White paper tips for customers',
  subject: 'Put the paper to work in your own account',
  preheader: 'Two switches you already have.',
  fromName: 'Anna from Tend',
  source: frame(
    section(`          <mj-text font-size="26px" line-height="34px" font-weight="700">
            Two switches you already have
          </mj-text>
          <mj-text>
            Hello {{ contact.first_name | default: "there" }}, the paper you downloaded describes two things that
            are one click away in your account: scores that fade, and a review date for every workflow.
          </mj-text>
          <mj-button href="https://www.tend.example/docs/scores-that-fade">Show me where</mj-button>
          <mj-text>Your Tend team</mj-text>`),
  ),
}

/** Once a month to everybody who agreed. */
export const newsletter: DemoEmail = {
  name: 'Monthly newsletter',
  subject: 'This month: scores that fade, and a webinar on consent',
  preheader: 'Three minutes of reading.',
  fromName: 'Anna from Tend',
  source: frame(
    section(`          <mj-text font-size="26px" line-height="34px" font-weight="700">
            Scores that fade
          </mj-text>
          <mj-text>
            Hello {{ contact.first_name | default: "there" }}, a download from last spring says little about today.
            This month we show how points that lose half their weight in 30 days change whom sales calls first.
          </mj-text>
          <mj-button href="https://www.tend.example/blog/lead-scoring-that-sales-believes">Read the article</mj-button>
          <mj-text>
            And on the last Thursday of the month:
            <a href="https://www.tend.example/webinars/consent">a webinar on consent without tears</a>.
          </mj-text>
          <mj-text>Anna from Tend</mj-text>`),
  ),
}
