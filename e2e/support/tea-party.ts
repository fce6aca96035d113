/** A lived-in house to look at: people, rooms, and things they said, in English and in Chinese. */
import type { Teahouse } from '@teahouse/sdk'
import { behindTheScenes } from './person.ts'

export type Party = {
  people: Record<'ann' | 'bo_li' | 'lin' | 'omar', Teahouse>
  tearoom: string
  garden: string
  release: string
  direct: string
}

const NAMES = { ann: 'Ann Fairweather', bo_li: 'Bo Li', lin: '林小雨', omar: 'عمر' } as const

export async function giveParty(url: string): Promise<Party> {
  const entries = await Promise.all(
    Object.entries(NAMES).map(async ([username, display_name]) => {
      const tea = await behindTheScenes(url, username)
      await tea.api.update_me({ display_name, ...(username === 'lin' && { status_text: '喝茶去了' }) })
      return [username, tea] as const
    }),
  )
  const people = Object.fromEntries(entries) as Party['people']
  const { ann, bo_li, lin, omar } = people
  const tearoom = await room(ann, { name: 'Tea room', description: 'Leaves, water, time.' }, [bo_li, lin, omar])
  const garden = await room(lin, { name: '花园闲谈', description: '花、茶、猫' }, [ann, bo_li])
  const release = await room(bo_li, { name: 'Release 1.0', description: 'What is left to do', is_private: true }, [])
  for (const tea of [ann, lin]) await bo_li.api.add_member({ room_id: release, user_id: await idOf(tea) })
  const direct = (await bo_li.api.open_direct_room({ user_ids: [await idOf(ann)] })).id
  await talk(people, { tearoom, garden, release, direct })
  return { people, tearoom, garden, release, direct }
}

export const idOf = async (tea: Teahouse): Promise<string> => (await tea.api.get_me()).id

async function room(
  owner: Teahouse,
  input: { name: string; description: string; is_private?: boolean },
  guests: Teahouse[],
): Promise<string> {
  const { id } = await owner.api.create_room(input)
  for (const guest of guests) await guest.api.join_room({ room_id: id })
  return id
}

/** Says it and answers the message's id. */
export async function says(tea: Teahouse, roomId: string, content: string, replyTo?: string): Promise<string> {
  return (await tea.delivered(tea.send(roomId, { content, ...(replyTo && { reply_to_message_id: replyTo }) }))).message_id
}

async function talk({ ann, bo_li, lin, omar }: Party['people'], rooms: Omit<Party, 'people'>): Promise<void> {
  const { tearoom, garden, release, direct } = rooms
  await says(ann, tearoom, 'Good morning! The kettle is on.')
  const question = await says(bo_li, tearoom, 'What are we drinking today? I still have some of the **Longjing** from last spring.')
  await says(lin, tearoom, '龙井要用八十度的水，别烫坏了。')
  const water = await says(lin, tearoom, 'Let it cool for *three minutes* after boiling, then pour along the side.', question)
  await says(omar, tearoom, 'أحب الشاي بالنعناع ☕ — but I will try anything once.')
  await says(
    ann,
    tearoom,
    'I wrote the timings down:\n\n```ts\nconst brew = { leaf: "Longjing", water: 80, seconds: [30, 45, 60] }\nfor (const s of brew.seconds) await steep(brew.leaf, s) // three infusions\n```',
  )
  const list = await says(bo_li, tearoom, 'Shopping list:\n- green tea\n- a new strainer\n- biscuits (see https://example.org/biscuits)')
  await says(omar, tearoom, '> Let it cool for three minutes\n\nThis made all the difference. Thank you @lin!')
  await says(lin, tearoom, '🍵')
  const gone = await says(ann, tearoom, 'wrong room, sorry')
  await ann.api.recall_message({ message_id: gone })
  await says(ann, tearoom, 'Lovely. Same time tomorrow?')
  for (const [tea, emoji] of [
    [ann, '🍵'],
    [bo_li, '🍵'],
    [omar, '🍵'],
    [ann, '👍'],
  ] as const)
    await tea.api.add_reaction({ message_id: water, emoji })
  await bo_li.api.add_reaction({ message_id: list, emoji: '🍪' })
  await ann.api.pin_message({ message_id: water })
  await says(lin, garden, '院子里的桂花开了，谁来喝茶？')
  await says(ann, garden, '我下午三点到，带点心。')
  await says(bo_li, garden, '我也去！需要带茶杯吗？')
  await says(lin, garden, '不用，人来就好 😊 @ann 记得带你的猫。')
  await says(lin, release, 'All checks are green.')
  await says(bo_li, release, '@ann could you read the notes once more?')
  await says(bo_li, direct, 'Are you coming at three?')
  await says(ann, direct, 'Yes, with cake.')
  await says(bo_li, direct, 'Perfect.')
}
