// What is typed is kept on the device while the server has not got it: while it
// cannot be reached, from the moment a form is sent until the server says that it
// has it, and while the screen is locked. It lies there encrypted: the key comes
// from the server to whoever is signed in, stays in the memory of this page, and
// cannot be read out of it. Without signing in again nobody reads what lies there
// (45 CFR 164.312(a)(2)(iv)).
const stow = (() => {
	const skip = ['csrf', 'password', 'code', 'copy'];
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
	return {
		unlock,
		fields: form => [...new FormData(form)].filter(([n, v]) => typeof v === 'string' && !skip.includes(n)),
		// sent is the mark under which the form goes to the server, if it does.
		async put(url, what, sent) {
			const k = await unlock(), iv = crypto.getRandomValues(new Uint8Array(12));
			const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData: bound(k.id, url) }, k.key, new TextEncoder().encode(JSON.stringify(what)));
			await store('readwrite', s => s.put({ id: k.id, iv, sealed, sent, at: Date.now() }, k.id + ' ' + url));
		},
		// What was kept for this form by whoever is signed in; nothing is asked of the server where there is none.
		async take(url) {
			const all = await store('readonly', s => s.getAllKeys());
			if (!all.some(n => n.endsWith(' ' + url))) return null;
			const k = await unlock(), x = await store('readonly', s => s.get(k.id + ' ' + url));
			if (!x) return null;
			const plain = await crypto.subtle.decrypt({ name: 'AES-GCM', iv: x.iv, additionalData: bound(k.id, url) }, k.key, x.sealed);
			return { ...JSON.parse(new TextDecoder().decode(plain)), sent: x.sent };
		},
		async drop(url) {
			const k = await unlock();
			await store('readwrite', s => s.delete(k.id + ' ' + url));
		},
		// What the server has, and what nobody came back for in seven days, is thrown away.
		async sweep(sent) {
			for (const n of await store('readonly', s => s.getAllKeys())) {
				const x = await store('readonly', s => s.get(n));
				if (!x || sent && x.sent === sent || x.at < Date.now() - 7 * 864e5) await store('readwrite', s => s.delete(n));
			}
		},
	};
})();
// What a page does beyond links and forms. What a person types goes to the
// server, and otherwise nowhere but where the lines above keep it.
(() => {
	const root = document.documentElement, body = document.body, data = body.dataset;
	const csrf = document.querySelector('meta[name=csrf-token]')?.content || '';
	const post = (url, fields) => fetch(url, { method: 'POST', credentials: 'same-origin', redirect: 'manual',
		headers: { 'X-CSRF-Token': csrf, 'Accept': 'application/json' }, body: new URLSearchParams(fields || {}) });
	const on = (type, fn) => document.addEventListener(type, fn);
	const lock = document.getElementById('lock');

	// What cookies are called where pages come over TLS, as the server calls them.
	const host = location.protocol === 'https:' ? '__Host-' : '', only = host && '; secure';

	// Theme: a cookie the server reads, so that the first paint is right.
	on('click', e => {
		if (!e.target.closest('[data-theme-toggle]')) return;
		const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
		root.dataset.theme = dark ? 'light' : 'dark';
		document.cookie = `${host}theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=lax${only}`;
	});

	// One key, which a person can switch off (WCAG 2.1.4).
	on('keydown', e => {
		if (e.key !== '/' || data.keys === 'off' || e.ctrlKey || e.metaKey || e.altKey || e.target.closest('input, textarea, select, dialog')) return;
		const find = document.getElementById('find');
		if (find) { e.preventDefault(); find.focus(); find.select(); }
	});
	on('keydown', e => {
		if (e.key !== '?' || data.keys === 'off' || e.ctrlKey || e.metaKey || e.altKey || e.target.closest('input, textarea, select, dialog')) return;
		document.getElementById('policy')?.click();
	});

	// A choice that saves itself has a button for those without script.
	on('change', e => { if (e.target.matches('[data-submit]')) e.target.form.requestSubmit(); });

	on('click', e => { if (e.target.closest('[data-print]')) window.print(); });

	// What the server has taken since: it says so in a cookie, as the mark of what
	// was sent, with ".shown" behind it where this page is the answer and not one
	// that was led to.
	const said = () => document.cookie.split('; ').find(c => c.startsWith(host + 'done='))?.slice(host.length + 5) || '';
	const [taken, shown] = said().split('.');

	// What somebody wrote, as opposed to what a page says of itself.
	const content = n => !/^(draft|version|rev|edition|aside|into|new|quick|was\..*)$/.test(n), ticks = e => e.type === 'checkbox' || e.type === 'radio';
	// A row of which nothing is typed: its choices say only what such a row begins with, and the server keeps none of it.
	const blank = (form, fields, name, i) => {
		const nth = {}, row = name.split('_')[0];
		const typed = fields.filter(([n]) => n.split('_')[0] === row && (nth[n] = (nth[n] ?? -1) + 1) === i && [...form.elements].find(e => e.name === n)?.tagName !== 'SELECT');
		return typed.length && !typed.some(([, v]) => v);
	};
	// Where a form is otherwise than fields say, by the place among those of one name.
	const differs = (form, fields) => {
		const out = [], nth = {};
		for (const [n, v] of fields) {
			if (!content(n)) continue;
			const all = [...form.elements].filter(e => e.name === n), i = nth[n] = (nth[n] ?? -1) + 1;
			const e = all.find(e => ticks(e) && e.value === v) || all[i];
			if (!e && blank(form, fields, n, i)) continue;
			if (e?.type !== 'hidden' && (e && ticks(e) ? !e.checked || e.value !== v : (e ? e.value : '') !== v)) out.push([e || all[0], v, n, e]);
		}
		for (const e of form.elements) if (e.type === 'checkbox' && e.checked && content(e.name) && !fields.some(([n, v]) => n === e.name && v === e.value)) out.push([e, null, e.name]);
		return out;
	};
	const hidden = (name, value) => { const e = document.createElement('input'); e.type = 'hidden'; e.name = name; e.value = value; return e; };
	const fill = (form, fields) => {
		const nth = {};
		// What the form showed then goes with it, so that the server sees who changed what.
		for (const e of [...form.elements]) if (e.name.startsWith('was.')) e.remove(); else if (ticks(e)) e.checked = fields.some(([n, v]) => n === e.name && v === e.value);
		for (const [n, v] of fields) {
			if (n.startsWith('was.')) { form.append(hidden(n, v)); continue; }
			const e = [...form.elements].filter(e => e.name === n && !ticks(e))[nth[n] = (nth[n] ?? -1) + 1];
			if (e && (e.tagName !== 'SELECT' || [...e.options].some(o => o.value === v))) e.value = v;
		}
	};
	// A new form may have another key in the names of its fields, as goals have, and says it in a hidden one.
	const rekey = (form, x) => {
		for (const e of form.elements) {
			const is = e.value, was = e.type === 'hidden' && content(e.name) && x.fields.find(([n]) => n === e.name)?.[1];
			if (was && was !== is) for (const k of ['fields', 'base']) x[k] = x[k].map(([n, v]) => [n.replace(was, is), v === was ? is : v]);
		}
	};
	// Later: a form that is just being submitted takes no second submit.
	const turn = ms => new Promise(ok => setTimeout(ok, ms));
	const make = (tag, text, cls) => { const e = document.createElement(tag); e.textContent = text || ''; e.className = cls || ''; return e; };
	const named = e => { const l = ticks(e) && e.closest('fieldset')?.querySelector('legend') || e.labels?.[0]; return l && (l.firstChild.textContent.trim() || l.textContent.trim()); };
	const words = (e, v) => v === null ? '–' : (e && ticks(e) ? e.labels?.[0]?.textContent.trim() : e?.tagName === 'SELECT' && [...e.options].find(o => o.value === v)?.text) || v || '–';

	// Forms. A draft is saved on the server a moment after the last key, tried again
	// until it is done; the others when they are sent. Until then nothing is lost.
	const slots = {};
	const kept = [...document.querySelectorAll('main form[method=post]')].filter(form => lock && !form.matches('[enctype],[hx-post],[action$=find],[action$=search],[action$="/why"],[action^="/reports/"]:not([action$=export])') &&
		!form.querySelector('[type=password],[name=code]') && form.querySelector('input:not([type=hidden]),select,textarea')).map(form => {
		const url = form.dataset.autosave, says = form.querySelector('[data-saved]'), held = form.elements.draft;
		const place = url || form.getAttribute('action'), nth = slots[place] = (slots[place] || 0) + 1, slot = nth > 1 ? place + '#' + nth : place;
		// A form that came back is not saved.
		const back = form.querySelector('#errors, #merged-h');
		let timer, wait = 1500, dirty = back ? 1 : 0, busy = false, away = 0, left = false, go = false, waiting = false, sending = false, base = stow.fields(form), old = [], last = Promise.resolve(), saving = last, again;
		const later = ms => { clearTimeout(timer); if (!left) timer = setTimeout(save, ms); };
		// One after the other: the last that is asked for is the one that stays.
		const put = sent => {
			const seen = dirty, what = { fields: stow.fields(form), base, old };
			return last = last.catch(() => {}).then(() => stow.put(slot, what, sent)).then(() => { away = seen; });
		};
		function save() {
			if (!url || !dirty) return;
			if (busy) return later(500);
			return saving = send();
		}
		async function send() {
			// What went off and was not answered goes again as it was, before anything newer: it may have
			// arrived, and the server knows it again.
			const { seen, fields, sends } = again ||= { seen: dirty, fields: stow.fields(form), sends: new FormData(form) };
			busy = true;
			try {
				const r = await post(url, sends);
				again = null;
				if (!r.ok) throw r.status;
				const answer = await r.json();
				says.textContent = answer.text;
				wait = 1500;
				// Another window was first, and the server took nothing: it is still to be saved.
				if (answer.kept === false) return;
				if (held && answer.draft) held.value = answer.draft;
				// Written elsewhere too: both are kept, and a button leads to both.
				const merge = form.querySelector('[data-merge]');
				if (merge) merge.hidden = !answer.merge;
				base = fields;
				if (dirty !== seen) later(1500);
				else {
					dirty = 0;
					if (away && !old.length) { away = 0; stow.drop(slot).catch(() => {}); }
				}
			} catch (failed) {
				if (sending) return;
				says.textContent = form.dataset.retry;
				// Refused is refused; what could not be reached is kept here until it can,
				// and so it is where one is signed in no more, or anew (0: led to the sign-in page).
				const out = [0, 401, 403].includes(failed);
				if (out || !(failed < 500)) try { await put(); says.textContent = out ? data.ended : data.away; } catch { }
				later(wait = Math.min(wait * 2, 30000));
			} finally { busy = false; }
		}
		form.addEventListener('input', () => { dirty++; sending = false; if (url) later(1500); });
		form.addEventListener('focusin', () => stow.unlock().catch(() => {}), { once: true });
		// Kept here before it is sent, until the server has it: a form may be sent and not arrive.
		form.addEventListener('submit', async e => {
			if (go || e.defaultPrevented) return;
			if (waiting) return e.preventDefault();
			sending = true;
			clearTimeout(timer);
			const only = old.length;
			if (!busy && (!dirty || only)) { dirty = 0; return; }
			e.preventDefault();
			waiting = true;
			// What is being saved right now moves the draft on: without its answer this would look like another window's.
			await Promise.race([saving, turn(3000)]);
			// So would what was saved and got no answer: it goes once more first.
			if (again && !busy) await Promise.race([save(), turn(3000)]);
			let mark;
			if (!only) try {
				mark = hidden('copy', crypto.randomUUID());
				await Promise.race([put(mark.value), turn(1500).then(() => { throw 0; })]);
				form.append(mark);
			} catch { }
			await turn();
			dirty = 0;
			go = true;
			form.requestSubmit(e.submitter);
			go = waiting = false;
			mark?.remove();
		});
		// What is given up is thrown away before the page is left.
		form.addEventListener('click', e => {
			const a = !url && e.target.closest('.formfoot a');
			if (!a || e.ctrlKey || e.metaKey || e.shiftKey) return;
			dirty = 0;
			e.preventDefault();
			Promise.race([stow.drop(slot).catch(() => {}), turn(500)]).then(() => location.assign(a.href));
		});
		addEventListener('online', () => dirty && url && later(0));
		// A page that was left sends nothing any more: the next one may have newer words.
		addEventListener('pagehide', () => { left = true; clearTimeout(timer); });
		addEventListener('pageshow', () => { left = false; if (dirty && !back) later(0); });
		// What is not in the form is shown beside it, by its labels; none replaces the other.
		function offer(fields, said) {
			const box = make('div', '', 'box t-warn stack-s'), p = make('p'), list = make('dl', '', 'words'), use = make('button', data.use, 'btn sm'), no = make('button', data.drop, 'btn sm');
			const draw = said => {
				p.textContent = said;
				list.replaceChildren(...differs(form, fields).flatMap(([e, v, n]) => [make('dt', e && named(e) || n), make('dd', words(e, v))]));
			};
			const close = () => { box.remove(); old = old.filter(f => f !== fields); };
			old.push(fields);
			away ||= -1;
			box.role = 'status'; use.type = no.type = 'button';
			use.onclick = () => {
				fill(form, fields);
				dirty++;
				if (differs(form, fields).length) { draw(data.unfit); use.remove(); } else close();
				url ? save() : put().catch(() => {});
			};
			no.onclick = () => { close(); (old.length || dirty ? put() : stow.drop(slot)).catch(() => {}); };
			draw(said);
			box.append(p, list, use, no);
			if (said === data.unfit) use.remove();
			form.prepend(box);
		}
		// What was kept is in the form again where that is as it was, rows that are not there aside. What was sent, and
		// not answered, may have arrived: it is only shown.
		const state = g => g('draft') || g('rev') || g('version') || '';
		const settled = stow.take(slot).then(async x => {
			if (!x || sending || x.sent && x.sent === taken && !shown) return;
			rekey(form, x);
			for (const f of x.old) offer(f, data.both);
			if (!differs(form, x.fields).length) {
				if (!x.sent) { away = 0; return old.length || dirty || stow.drop(slot); }
				dirty ||= 1;
				await put();
				return save();
			}
			if (x.sent && x.sent === taken) return;
			if (back && x.sent) return put();
			if (x.sent || dirty || differs(form, x.base).some(d => d[3]) || state(n => x.fields.find(([m]) => m === n)?.[1]) !== state(n => form.elements[n]?.value)) return offer(x.fields, data.both);
			fill(form, x.fields);
			if (differs(form, x.fields).length) offer(x.fields, data.unfit);
			if (says) says.textContent = data.back; else { const box = make('p', data.back, 'box t-info'); box.role = 'status'; form.prepend(box); }
			away = ++dirty;
			save();
		}).catch(() => {});
		return { settled, dirty: () => dirty && dirty !== away, keep: async () => { if (dirty) { await put().catch(() => {}); await save(); } } };
	});
	Promise.all(kept.map(k => k.settled)).then(() => stow.sweep(taken)).then(() => {
		// Not before it is thrown away: the page may be left meanwhile.
		if (taken && said().startsWith(taken)) document.cookie = `${host}done=; path=/; max-age=0; samesite=lax${only}`;
	}).catch(() => {});
	addEventListener('beforeunload', e => { if (navigator.userActivation?.hasBeenActive !== false && kept.some(k => k.dirty()) && !root.classList.contains('locked')) e.preventDefault(); });
	const keepAll = () => Promise.race([Promise.all(kept.map(k => k.keep())), turn(3000)]).then(() => turn());

	// Minutes in one tap.
	on('change', e => {
		const to = e.target.name === 'quick' && e.target.form.elements.minutes;
		if (to) { to.value = e.target.value; to.dispatchEvent(new Event('input', { bubbles: true })); }
	});
	on('input', e => { if (e.target.name === 'minutes') for (const q of e.target.form.querySelectorAll('[name=quick]')) q.checked = q.value === e.target.value; });

	// Phrases: a dot at the start of a word offers those that begin with what follows.
	for (const list of document.querySelectorAll('.phrase-list')) {
		const form = list.closest('form'), into = form.elements.into, say = form.querySelector('[data-phrases-say]');
		const all = [...form.querySelectorAll('[data-key]')].map(b => ({ key: b.dataset.key, text: b.dataset.text }));
		let area = null, from = 0, hits = [], at = 0, chosen = false;
		const put = (text, start, end) => { area.setRangeText(text, start, end, 'end'); area.dispatchEvent(new Event('input', { bubbles: true })); area.focus(); };
		const close = () => { if (list.hidden) return; list.hidden = true; hits = []; say.textContent = ''; area.removeAttribute('aria-activedescendant'); area.removeAttribute('aria-controls'); };
		const choose = i => {
			at = (i + hits.length) % hits.length;
			[...list.children].forEach((o, n) => { o.setAttribute('aria-selected', n === at); if (n === at) o.scrollIntoView({ block: 'nearest' }); });
			area.setAttribute('aria-activedescendant', list.children[at].id);
		};
		const insert = i => { const h = hits[i], end = area.selectionEnd; close(); put(h.text, from, end); };
		const look = e => {
			if (e.target.tagName !== 'TEXTAREA') return;
			if (e.target !== area) close();
			area = e.target;
			const m = /(?:^|\s)\.([\p{L}\p{N}_-]*)$/u.exec(area.value.slice(0, area.selectionEnd));
			hits = m ? all.filter(p => p.key.startsWith(m[1].toLowerCase())) : [];
			if (!hits.length) return close();
			from = area.selectionEnd - m[1].length - 1;
			list.replaceChildren(...hits.map((h, n) => {
				const o = document.createElement('li'), key = document.createElement('strong'), text = document.createElement('span');
				o.id = 'phrase-' + n; o.setAttribute('role', 'option');
				key.textContent = '.' + h.key; key.className = 'mono'; text.textContent = h.text;
				o.append(key, text);
				return o;
			}));
			area.after(list);
			list.hidden = false;
			area.setAttribute('aria-autocomplete', 'list');
			area.setAttribute('aria-controls', list.id);
			say.textContent = hits.length === 1 ? list.dataset.one : list.dataset.many.replace('#', hits.length);
			choose(0);
		};
		form.addEventListener('input', look);
		form.addEventListener('focusin', e => { if (e.target.tagName === 'TEXTAREA') { into.value = e.target.name; if (e.target !== area) { close(); area = e.target; } } });
		form.addEventListener('focusout', e => { if (e.target === area) setTimeout(close, 150); });
		list.addEventListener('mousedown', e => { e.preventDefault(); const o = e.target.closest('[role=option]'); if (o) insert([...list.children].indexOf(o)); });
		form.addEventListener('keydown', e => {
			if (list.hidden || e.target !== area) return;
			if (e.key === 'ArrowDown') choose(at + 1); else if (e.key === 'ArrowUp') choose(at - 1);
			else if (e.key === 'Enter' || e.key === 'Tab' && !e.shiftKey) { insert(at); chosen = true; } else if (e.key === 'Escape') close(); else return;
			e.preventDefault();
		});
		// The Enter that chose a phrase is no new line.
		form.addEventListener('keypress', e => { if (chosen && e.key === 'Enter') e.preventDefault(); });
		form.addEventListener('keyup', () => { chosen = false; });
		form.addEventListener('click', e => {
			const b = e.target.closest('[data-key]');
			if (!b) return;
			e.preventDefault();
			area = form.elements[into.value] || [...form.querySelectorAll('textarea')].find(t => t.offsetParent);
			const end = area.selectionEnd, before = area.value.slice(0, end);
			put((before && !/\s$/.test(before) ? ' ' : '') + b.dataset.text, end, end);
		});
	}

	// Idle: one timer for all tabs. Warned first; then hidden, locked, and back to the same place.
	const warn = document.getElementById('idle');
	if (!lock) return;
	const tabs = new BroadcastChannel('caseward'), warnAt = data.warn * 1000, lockAt = data.lock * 1000;
	let last = Date.now(), told = last, alive = last;
	const active = () => {
		if (warn.open || root.classList.contains('locked')) return;
		last = Date.now();
		if (last - told > 5000) { told = last; tabs.postMessage('active'); }
		if (last - alive > 240000) { alive = last; post('/alive').then(r => { if (!r.ok) keepAll().then(() => location.reload()); }, () => {}); }
	};
	const hide = () => { root.classList.add('locked'); warn.close(); document.title = 'Caseward'; };
	const stay = tell => { last = Date.now(); warn.close(); if (tell) { alive = last; tabs.postMessage('stay'); post('/alive').catch(() => {}); } };
	const look = () => {
		const idle = Date.now() - last;
		if (root.classList.contains('locked')) return;
		if (idle >= lockAt) { hide(); tabs.postMessage('lock'); lock.requestSubmit(); }
		else if (idle >= warnAt && !warn.open) warn.showModal();
	};
	// However it is locked, what is in the forms is kept first.
	let ready = false;
	lock.addEventListener('submit', e => { if (ready) return; e.preventDefault(); keepAll().then(() => { ready = true; lock.requestSubmit(); }); });
	tabs.onmessage = e => {
		if (e.data === 'lock') { hide(); keepAll().then(() => setTimeout(() => location.reload(), 1500)); }
		else if (e.data === 'stay') stay(false); else last = Date.now();
	};
	for (const type of ['pointerdown', 'keydown', 'wheel', 'touchstart']) addEventListener(type, active, { passive: true });
	warn.addEventListener('close', () => stay(true));
	on('visibilitychange', look);
	addEventListener('pageshow', e => { if (e.persisted) location.reload(); });
	setInterval(look, Math.min(10000, warnAt / 2));
})();
// Go to anything: every link of the menu, of the chart's tabs and of the page's
// own buttons, found by a few letters; what is no place is looked for as a client.
// Nothing is asked of the server before somebody goes.
(() => {
	const box = document.getElementById('palette'), find = document.querySelector('form.find');
	if (!box || !find) return;
	const q = box.querySelector('input'), list = box.querySelector('ul');
	let places = [], at = 0;
	const plain = s => s.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
	const gather = () => {
		const seen = new Set();
		return [...document.querySelectorAll('.charttabs a, main .ph-a a, main .composer a[href], .rail-nav a, .topbar-r a')].flatMap(a => {
			const text = (a.querySelector('span:not(.vh, .rail-n, .count)') || a).textContent.trim(), where = a.closest('nav')?.getAttribute('aria-label') || '';
			if (!text || seen.has(a.href)) return [];
			seen.add(a.href);
			return [{ text, where, go: () => location.assign(a.href) }];
		});
	};
	const mark = n => {
		at = Math.max(0, Math.min(n, list.children.length - 1));
		[...list.children].forEach((li, i) => li.setAttribute('aria-selected', i === at));
		const li = list.children[at];
		q.setAttribute('aria-activedescendant', li ? li.id : '');
		li?.scrollIntoView({ block: 'nearest' });
	};
	const show = () => {
		const words = plain(q.value).split(/\s+/).filter(Boolean);
		const hits = places.filter(p => words.every(w => plain(p.text + ' ' + p.where).includes(w))).slice(0, 12);
		if (q.value.trim()) hits.push({ text: box.dataset.find + ' ' + q.value.trim(), where: '', go: () => { find.elements.q.value = q.value.trim(); find.requestSubmit(); } });
		list.replaceChildren(...hits.map((p, i) => {
			const li = document.createElement('li'), b = document.createElement('span'), w = document.createElement('span');
			li.id = 'palette-' + i; li.role = 'option'; b.textContent = p.text; w.textContent = p.where; w.className = 'muted small';
			li.append(b, w);
			li.onclick = p.go; li.go = p.go;
			return li;
		}));
		mark(0);
	};
	const open = () => { if (document.documentElement.classList.contains('locked') || box.open) return; places = gather(); q.value = ''; show(); box.showModal(); q.focus(); };
	document.addEventListener('click', e => { if (e.target.closest('[data-palette]')) open(); });
	document.addEventListener('keydown', e => { if ((e.ctrlKey || e.metaKey) && !e.altKey && !e.shiftKey && e.key.toLowerCase() === 'k') { e.preventDefault(); open(); } });
	q.addEventListener('input', show);
	q.addEventListener('keydown', e => {
		if (e.key === 'ArrowDown') mark(at + 1); else if (e.key === 'ArrowUp') mark(at - 1);
		else if (e.key === 'Enter') list.children[at]?.go(); else return;
		e.preventDefault();
	});
	box.addEventListener('click', e => { if (e.target === box) box.close(); });
})();
