/** Accounts, sessions and people. */
import { z } from 'zod'
import { FIXED_LIMITS as L } from './limits.ts'
import { filledText, Id, line, name, OutId, Page, text, Time, Url } from './primitives.ts'

export const Username = z
  .string()
  .regex(/^[A-Za-z0-9_-]+$/, 'may contain letters A-Z, digits, _ and - only')
  .min(L.username.min)
  .max(L.username.max)
export const Email = text(3, L.email)
  .refine((value) => /^[^\s@]+@[^\s@]+$/.test(value), { message: 'must be an e-mail address', params: { rule: 'email' } })
  .meta({ format: 'email', pattern: '^[^\\s@]+@[^\\s@]+$' })
export const Password = text(L.password.min, L.password.max).meta({ format: 'password' })
export const DisplayName = name(L.displayName)

/** A person (or bot) as others see it. */
export const User = z
  .object({
    id: OutId,
    username: z.string(),
    display_name: z.string(),
    avatar_url: z.string().nullable(),
    status_text: z.string().nullable(),
    is_bot: z.boolean(),
    created_at: Time,
  })
  .meta({ id: 'User' })
export type User = z.infer<typeof User>

export const AccountStatus = z.enum(['active', 'inactive', 'suspended'])

/** A person as seen by himself. */
export const Me = User.extend({ email: z.string(), status: AccountStatus, is_admin: z.boolean() }).meta({ id: 'Me' })
export type Me = z.infer<typeof Me>

/** What a sign-in gives. `expires_in` is in seconds, of the access token. */
export const Session = z
  .object({
    user: Me,
    access_token: z.string(),
    refresh_token: z.string(),
    token_type: z.literal('Bearer'),
    expires_in: z.int(),
  })
  .meta({ id: 'Session' })
export type Session = z.infer<typeof Session>

/** A sign-in as its owner sees it in the list of devices. */
export const Device = z
  .object({
    id: OutId,
    created_at: Time,
    last_used_at: Time,
    user_agent: z.string().nullable(),
    address: z.string().nullable(),
    current: z.boolean(),
  })
  .meta({ id: 'Device' })
export type Device = z.infer<typeof Device>

export const WsTicket = z.object({ ticket: z.string(), expires_in_ms: z.int() }).meta({ id: 'WsTicket' })
export type WsTicket = z.infer<typeof WsTicket>

// Bodies of authentication refuse unknown fields: a misspelt field there is a mistake that must not pass.
export const Register = z.strictObject({ username: Username, email: Email, password: Password, display_name: DisplayName.optional() })
export const Login = z.strictObject({ login: filledText(L.email), password: text(1, L.password.max) })
export const Refresh = z.strictObject({ refresh_token: text(1, 512) })
export const UpdateMe = z.object({
  display_name: DisplayName.optional(),
  avatar_url: Url.nullable().optional(),
  status_text: line(0, L.statusText).nullable().optional(),
})
export const ChangePassword = z.strictObject({ current_password: text(1, L.password.max), new_password: Password })
export const DeleteMe = z.strictObject({ password: text(1, L.password.max) })
export const UserId = z.object({ user_id: Id })
export const SessionId = z.object({ session_id: Id })
export const SearchUsers = Page.extend({ q: filledText(L.displayName) })
