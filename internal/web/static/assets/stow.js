// What is typed while the server cannot be reached is kept on the device until it
// can. It lies there encrypted: the key comes from the server to whoever is signed
// in, stays in the memory of this page, and cannot be read out of it. Without
// signing in again nobody reads what lies there (45 CFR 164.312(a)(2)(iv)).
const stow = (() => {
	const forDays = 7, skip = ['csrf', 'password', 'code'];
	let key, base;
	const done = r => new Promise((ok, no) => { r.onsuccess = () => ok(r.result); r.onerror = () => no(r.error); });
	const store = async (mode, use) => {
		if (!base) {
			const r = indexedDB.open('caseward', 1);
			r.onupgradeneeded = () => r.result.createObjectStore('kept');
			base = done(r);
		}
		return done(use((await base).transaction('kept', mode).objectStore('kept')));
	};
	const bytes = s => Uint8Array.from(atob(s), c => c.charCodeAt(0));
	// Fetched when somebody begins to type: away from the server it is too late.
	const unlock = () => key ||= fetch('/account/device-key', { method: 'POST', credentials: 'same-origin', redirect: 'manual',
		headers: { 'X-CSRF-Token': document.querySelector('meta[name=csrf-token]')?.content || '' } })
		.then(r => { if (!r.ok) throw r.status; return r.json(); })
		.then(async a => ({ id: a.id, key: await crypto.subtle.importKey('raw', bytes(a.key), 'AES-GCM', false, ['encrypt', 'decrypt']) }))
		.catch(e => { key = null; throw e; });
	const bound = (id, url) => new TextEncoder().encode(id + ' ' + url);
	const fields = form => [...new FormData(form)].filter(([n, v]) => typeof v === 'string' && !skip.includes(n));
	return {
		unlock, fields,
		async put(url, form) {
			const k = await unlock(), iv = crypto.getRandomValues(new Uint8Array(12));
			const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData: bound(k.id, url) }, k.key, new TextEncoder().encode(JSON.stringify(fields(form))));
			await store('readwrite', s => s.put({ id: k.id, iv, sealed, at: Date.now() }, k.id + ' ' + url));
		},
		// What was kept for this form by whoever is signed in; nothing is asked of the server where there is none.
		async take(url) {
			const all = await store('readonly', s => s.getAllKeys());
			if (!all.some(n => n.endsWith(' ' + url))) return null;
			const k = await unlock(), x = await store('readonly', s => s.get(k.id + ' ' + url));
			if (!x) return null;
			const plain = await crypto.subtle.decrypt({ name: 'AES-GCM', iv: x.iv, additionalData: bound(k.id, url) }, k.key, x.sealed);
			return { fields: JSON.parse(new TextDecoder().decode(plain)), at: x.at };
		},
		async drop(url) {
			for (const n of await store('readonly', s => s.getAllKeys())) if (n.endsWith(' ' + url) && n.startsWith((await unlock()).id)) await store('readwrite', s => s.delete(n));
		},
		// What nobody came back for is thrown away.
		async sweep() {
			for (const n of await store('readonly', s => s.getAllKeys())) {
				const x = await store('readonly', s => s.get(n));
				if (!x || x.at < Date.now() - forDays * 864e5) await store('readwrite', s => s.delete(n));
			}
		},
	};
})();
