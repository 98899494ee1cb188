// Detects sent mail: by Gmail labels, by the folder name, or by the owner's addresses.
import { decodeHeader, listAddresses } from '../mime/headers.ts';

const names = [
  'Sent', 'Sent Mail', 'Sent Items', 'Sent Messages', 'Outbox', 'Sent-Mail', 'SentMail', 'Outgoing',
  'Gesendet', 'Gesendete', 'Gesendete Nachrichten', 'Gesendete Objekte', 'Gesendete Elemente', 'Postausgang',
  'Envoyés', 'Messages envoyés', 'Éléments envoyés', 'Boîte d’envoi', 'Courrier envoyé', 'Envoyé',
  'Enviados', 'Enviado', 'Correo enviado', 'Elementos enviados', 'Mensajes enviados', 'Enviats', 'Bidaliak',
  'E-mails enviados', 'Itens enviados', 'Mensagens enviadas', 'Correio enviado', 'E-mail enviado', 'Enviadas',
  'Inviati', 'Posta inviata', 'Inviata', 'Elementi inviati', 'Messaggi inviati',
  'Verzonden', 'Verzonden items', 'Verzonden berichten', 'Verstuurd',
  'Skickat', 'Skickade', 'Skickat mail', 'Sendt', 'Sendte', 'Sendt post', 'Sendte elementer', 'Send post',
  'Lähetetyt', 'Lähetetty', 'Send', 'Saadetud', 'Nosūtītie', 'Nosūtīts', 'Išsiųsta', 'Išsiųsti',
  'Wysłane', 'Wysłana poczta', 'Elementy wysłane', 'Odeslaná pošta', 'Odeslané', 'Odoslaná pošta', 'Odoslané',
  'Elküldött', 'Elküldött elemek', 'Elküldött levelek', 'Trimise', 'Mesaje trimise', 'Poslano', 'Poslana pošta',
  'Отправленные', 'Отправлено', 'Исходящие', 'Надіслані', 'Надіслане', 'Изпратени', 'Изпратена поща', 'Послато',
  'Απεσταλμένα', 'Σταλμένα', 'Gönderilmiş Postalar', 'Gönderilen', 'Gönderilenler', 'Gönderilmiş',
  'נשלח', 'דואר יוצא', 'דואר שנשלח', 'المرسلة', 'البريد المرسل', 'الرسائل المرسلة', 'مرسل', 'پیام‌های ارسالی',
  '送信済み', '送信済みメール', '送信トレイ', '보낸편지함', '보낸 편지함', '보낸메일함', '已发送', '已发邮件', '已发送邮件', '寄件備份', '寄件匣', '已傳送',
  'Đã gửi', 'Thư đã gửi', 'Terkirim', 'Surat Terkirim', 'Dihantar', 'จดหมายที่ส่งแล้ว', 'ส่งแล้ว',
  'भेजे गए', 'भेजा गया', 'প্রেরিত', 'அனுப்பியவை',
]; // prettier-ignore

const sentNames = new Set(names.map(plain));

function plain(name: string): string {
  return name
    .normalize('NFKD')
    .replaceAll(/[\p{M}\p{Z}\p{P}\p{Cf}]/gu, '')
    .toLowerCase();
}

/** Takes a path, with or without a file extension. */
export function isSentFolder(path: string): boolean {
  const parts = path.split('/').map((part) => plain(part.replace(/\.(?:mbox|mbx|sbd|eml)$/i, '')));
  return parts.slice(-4).some((part) => sentNames.has(part) || sentNames.has(part.replace(/^inbox/, '')));
}

export function isSentMail(headers: Map<string, string>, ownAddresses: ReadonlySet<string>): boolean {
  const labels = decodeHeader(headers.get('x-gmail-labels') ?? '').split(',');
  if (labels.some((label) => sentNames.has(plain(label)))) return true;
  const from = headers.get('from') ?? headers.get('sender') ?? '';
  return ownAddresses.size > 0 && listAddresses(from).some((address) => ownAddresses.has(address));
}
